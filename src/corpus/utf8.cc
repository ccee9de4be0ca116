#include "corpus/utf8.h"

#include <cstring>

namespace squire::corpus {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Bytes of the valid character at `p`, or 0; `bad` then holds the length of the maximal invalid sequence (1 to 3).
size_t CharacterLength(const unsigned char* p, size_t left, size_t& bad) {
  bad = 1;
  const unsigned char lead = p[0];
  if (lead < 0x80) return 1;
  size_t length;
  unsigned char low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if (i == left || p[i] < low || p[i] > high) {
      bad = i;
      return 0;
    }
    low = 0x80, high = 0xBF;
  }
  return length;
}

void AppendCodePoint(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      out += static_cast<char>(0xE0 | (c >> 12));
    } else {
      out += static_cast<char>(0xF0 | (c >> 18));
      out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    }
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (c & 0x3F));
}

}  // namespace

size_t ValidUtf8Prefix(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    uint64_t word;
    while (at + 8 <= text.size()) {
      std::memcpy(&word, p + at, 8);
      if (word & 0x8080808080808080ULL) break;
      at += 8;
    }
    if (at == text.size()) break;
    size_t bad;
    const size_t length = CharacterLength(p + at, text.size() - at, bad);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

uint64_t RepairUtf8(std::string& text) {
  size_t good = ValidUtf8Prefix(text);
  if (good == text.size()) return 0;
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  std::string_view rest = text;
  uint64_t repaired = 0;
  for (;;) {
    out.append(rest.substr(0, good));
    rest.remove_prefix(good);
    if (rest.empty()) break;
    size_t bad = 1;
    CharacterLength(reinterpret_cast<const unsigned char*>(rest.data()), rest.size(), bad);
    out.append(kReplacement);
    repaired += bad;
    rest.remove_prefix(bad);
    good = ValidUtf8Prefix(rest);
  }
  text = std::move(out);
  return repaired;
}

std::string Utf16ToUtf8(std::string_view bytes, bool big_endian, uint64_t& repaired_bytes) {
  std::string out;
  out.reserve(bytes.size());
  const auto unit = [&](size_t at) -> uint32_t {
    const auto a = static_cast<unsigned char>(bytes[at]), b = static_cast<unsigned char>(bytes[at + 1]);
    return big_endian ? a << 8 | b : b << 8 | a;
  };
  size_t at = 0;
  for (; at + 2 <= bytes.size(); at += 2) {
    const uint32_t c = unit(at);
    const bool high = c >= 0xD800 && c < 0xDC00;
    if (high && at + 4 <= bytes.size() && unit(at + 2) >= 0xDC00 && unit(at + 2) < 0xE000) {
      AppendCodePoint(out, 0x10000 + ((c - 0xD800) << 10) + (unit(at + 2) - 0xDC00));
      at += 2;
    } else if (c >= 0xD800 && c < 0xE000) {
      out.append(kReplacement);
      repaired_bytes += 2;
    } else {
      AppendCodePoint(out, c);
    }
  }
  if (at < bytes.size()) {
    out.append(kReplacement);
    ++repaired_bytes;
  }
  return out;
}

bool IsPlainName(std::string_view name) {
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return IsUtf8(name);
}

std::string SanitizedName(std::string_view name) {
  std::string out(name);
  RepairUtf8(out);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

size_t Utf8Floor(std::string_view text, size_t at) {
  if (at >= text.size()) return text.size();
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

}  // namespace squire::corpus
