#include "table/file_names.h"

#include <charconv>

#include "base/ids.h"

namespace squire::table {
namespace {

constexpr size_t kIdDigits = 8, kMarkDigits = 12;
constexpr std::string_view kTemporary = ".tmp_";

std::string Hex(uint64_t value, size_t digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(digits, '0');
  for (size_t i = digits; i-- > 0; value >>= 4) out[i] = kDigits[value & 15];
  return out;
}

std::string MarkOf(uint32_t id) {
  const uint64_t mixed = (id ^ 0x5851f42du) * 0x9e3779b97f4a7c15ull;
  return Hex(id, kIdDigits) + Hex(mixed >> 48, kMarkDigits - kIdDigits);
}

std::optional<uint32_t> ParseMark(std::string_view text) {
  if (text.size() < kMarkDigits) return std::nullopt;
  const auto id = ParseWriterId(text.substr(0, kIdDigits));
  if (!id || text.substr(0, kMarkDigits) != MarkOf(*id)) return std::nullopt;
  return id;
}

/// Of "xxxxxxxx-xxxx-..."
std::optional<uint32_t> ParseUuid(std::string_view text) {
  if (text.size() != 36 || text[8] != '-') return std::nullopt;
  return ParseMark(std::string(text.substr(0, 8)) + std::string(text.substr(9, 4)));
}

std::optional<uint32_t> ParseDeletion(std::string_view name) {
  const size_t first = name.rfind('-') + 1, end = name.rfind('.');
  if (first == 0 || end == std::string_view::npos || end < first) return std::nullopt;
  uint64_t number = 0;
  const auto parsed = std::from_chars(name.data() + first, name.data() + end, number);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + end) return std::nullopt;
  return ParseWriterId(Hex(number >> 32, kIdDigits));
}

}  // namespace

uint32_t NewWriterId() {
  // Not so small that somebody's counter reaches it in the upper half of a number.
  return (static_cast<uint32_t>(RandomBits()) & 0x7fffffff) | 0x10000000;
}

std::string WriterIdText(uint32_t id) { return Hex(id, kIdDigits); }

std::optional<uint32_t> ParseWriterId(std::string_view text) {
  uint32_t id = 0;
  if (text.size() != kIdDigits) return std::nullopt;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  if ((id & 0x10000000) == 0 || id > 0x7fffffff || WriterIdText(id) != text) return std::nullopt;
  return id;
}

std::string FileNames::Mark() const { return writer_id_ ? MarkOf(*writer_id_) : std::string(); }

std::string FileNames::DataFile() const {
  const std::string mark = Mark();
  return mark + RandomHex(static_cast<int>(32 - mark.size()) / 2) + ".lance";
}

std::string FileNames::Uuid() const {
  std::string uuid = RandomUuid();
  if (const std::string mark = Mark(); !mark.empty()) uuid.replace(0, 13, mark.substr(0, 8) + "-" + mark.substr(8));
  return uuid;
}

uint64_t FileNames::DeletionId() const {
  if (!writer_id_) return RandomBits() >> 1;
  return uint64_t{*writer_id_} << 32 | (RandomBits() & 0xffffffff);
}

std::optional<uint32_t> WriterOf(std::string_view folder, std::string_view name) {
  if (name.starts_with(kTemporary)) return ParseMark(name.substr(kTemporary.size()));
  if (folder == "data") return ParseMark(name);
  if (folder == "_deletions") return ParseDeletion(name);
  if (folder == "_indices") return ParseUuid(name);
  if (folder != "_transactions" || !name.ends_with(".txn")) return std::nullopt;
  const size_t uuid = name.find('-') + 1;
  return ParseUuid(name.substr(uuid, name.size() - uuid - 4));
}

}  // namespace squire::table
