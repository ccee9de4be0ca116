#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace squire::cli {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// The code point at the beginning of `text` and its bytes; 0 bytes when that is no UTF-8.
struct Decoded {
  uint32_t point = 0;
  size_t bytes = 0;
};

Decoded Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0u; };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  static constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4) return {};
  uint32_t point = lead & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; i++) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3F);
  }
  if (point < kLeast[bytes] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return {};
  return {point, bytes};
}

bool Steers(uint32_t point) {
  return (point < 0x20 && point != '\t') || (point >= 0x7F && point < 0xA0) || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

bool UseColor(ColorMode mode, int fd) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  if (!Environment("NO_COLOR").empty()) return false;
  if (const auto force = Environment("CLICOLOR_FORCE"); !force.empty() && force != "0") return true;
  return Environment("TERM") != "dumb" && isatty(fd) == 1;
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = Decode(text);
    if (decoded.bytes == 0) {
      out += fmt::format("\\x{:02x}", static_cast<uint8_t>(text[0]));
    } else if (!Steers(decoded.point)) {
      out += text.substr(0, decoded.bytes);
    } else if (decoded.point == '\n') {
      out += "\\n";
    } else if (decoded.point == '\r') {
      out += "\\r";
    } else {
      out += decoded.point < 0x80 ? fmt::format("\\x{:02x}", decoded.point) : fmt::format("\\u{:04x}", decoded.point);
    }
    text.remove_prefix(decoded.bytes == 0 ? 1 : decoded.bytes);
  }
  return out;
}

std::string Style::Wrap(const char* code, std::string_view text) const {
  return on && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

}  // namespace squire::cli
