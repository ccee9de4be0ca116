#include "lance/manifest.h"

#include <bit>
#include <charconv>
#include <limits>

#include "base/bytes.h"
#include "lance/container.h"
#include "lance/parse_message.h"

namespace squire::lance {
namespace {

constexpr size_t kManifestFooterBytes = 16;  // u64 position, u16 major, u16 minor, magic

/// A message at `offset`, behind its u32 length.
Result<void> ParseSection(Bytes bytes, uint64_t offset, google::protobuf::MessageLite& message,
                          const std::string& path) {
  if (offset > bytes.size() || bytes.size() - offset < 4)
    return Corruption("a section points outside the manifest", path);
  const uint32_t size = Load<uint32_t>(bytes.data() + offset);
  if (size > bytes.size() - offset - 4) return Corruption("a section is longer than the manifest", path);
  if (!ParseMessage(bytes.subspan(offset + 4, size), message))
    return Corruption("a section at byte " + std::to_string(offset) + " does not parse", path);
  return {};
}

uint64_t AppendSection(std::vector<uint8_t>& out, const google::protobuf::MessageLite& message) {
  const uint64_t offset = out.size();
  const std::string bytes = message.SerializeAsString();
  Put<uint32_t>(out, static_cast<uint32_t>(bytes.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
  return offset;
}

}  // namespace

Result<ManifestFile> ParseManifest(Bytes bytes, const std::string& path) {
  if (bytes.size() < kManifestFooterBytes || AsText(bytes.last(4)) != kMagic)
    return Corruption("the manifest is torn: " + std::to_string(bytes.size()) + " bytes that do not end in LANC", path);
  const uint64_t position = Load<uint64_t>(bytes.data() + bytes.size() - kManifestFooterBytes);
  ManifestFile out;
  TRY(ParseSection(bytes, position, out.manifest, path));
  if (out.manifest.has_index_section()) TRY(ParseSection(bytes, out.manifest.index_section(), out.indices, path));
  if (out.manifest.has_transaction_section())
    TRY(ParseSection(bytes, out.manifest.transaction_section(), out.transaction.emplace(), path));
  return out;
}

std::vector<uint8_t> SerializeManifest(pb::Manifest manifest, const pb::IndexSection& indices,
                                       const pb::Transaction& transaction) {
  std::vector<uint8_t> out;
  manifest.clear_transaction_section_deprecated();
  manifest.set_transaction_section(AppendSection(out, transaction));
  manifest.clear_index_section();
  if (indices.indices_size() > 0) manifest.set_index_section(AppendSection(out, indices));
  const uint64_t position = AppendSection(out, manifest);
  Put<uint64_t>(out, position);
  Put<uint16_t>(out, 0);
  Put<uint16_t>(out, 2);
  out.insert(out.end(), kMagic, kMagic + 4);
  return out;
}

Result<void> CheckFlags(uint64_t flags, uint64_t known, std::string_view use) {
  const uint64_t unknown = flags & ~known;
  if (unknown == 0) return {};
  return Unsupported("the table needs feature flag " + std::to_string(std::countr_zero(unknown)) + " to be " +
                     std::string(use) + ", which this build does not know");
}

std::string ManifestName(uint64_t version) {
  std::string digits = std::to_string(std::numeric_limits<uint64_t>::max() - version);
  return std::string(20 - digits.size(), '0') + digits + ".manifest";
}

std::optional<uint64_t> ParseManifestName(std::string_view name) {
  constexpr std::string_view kSuffix = ".manifest";
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.begin(), name.end(), number);
  if (error != std::errc() || end != name.end() || name.empty()) return std::nullopt;
  return name.size() == 20 ? std::numeric_limits<uint64_t>::max() - number : number;
}

}  // namespace squire::lance
