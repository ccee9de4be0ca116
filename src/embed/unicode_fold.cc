#include "embed/unicode_fold.h"

#include <utf8proc.h>

#include <array>

namespace squire::embed {
namespace {

bool IsIdeograph(int32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool IsAsciiPunctuation(int32_t c) {
  return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
}

void AppendUtf8(int32_t codepoint, std::string& out) {
  std::array<utf8proc_uint8_t, 4> bytes;
  const utf8proc_ssize_t count = utf8proc_encode_char(codepoint, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(count));
}

}  // namespace

CharKind KindOf(int32_t codepoint) {
  if (codepoint == '\t' || codepoint == '\n' || codepoint == '\r') return CharKind::kSpace;
  if (codepoint == 0xFFFD) return CharKind::kDropped;
  if (IsAsciiPunctuation(codepoint)) return CharKind::kPunctuation;
  if (IsIdeograph(codepoint)) return CharKind::kIdeograph;
  switch (utf8proc_category(codepoint)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS: return CharKind::kDropped;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return CharKind::kSpace;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PO:
    case UTF8PROC_CATEGORY_PS: return CharKind::kPunctuation;
    default: return CharKind::kLetter;
  }
}

void AppendFolded(int32_t codepoint, std::string& out) {
  std::array<utf8proc_int32_t, 32> parts;
  int boundary = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      codepoint, parts.data(), static_cast<utf8proc_ssize_t>(parts.size()), UTF8PROC_DECOMPOSE, &boundary);
  if (count < 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) return;
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    const int32_t part = parts[static_cast<size_t>(i)];
    if (utf8proc_category(part) != UTF8PROC_CATEGORY_MN) AppendUtf8(utf8proc_tolower(part), out);
  }
}

int32_t NextCodepoint(std::string_view text, size_t& position) {
  utf8proc_int32_t codepoint = -1;
  // At most four bytes are handed over, so the length always fits.
  const size_t room = text.size() - position < 4 ? text.size() - position : 4;
  const utf8proc_ssize_t used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + position,
                                                 static_cast<utf8proc_ssize_t>(room), &codepoint);
  position += used > 0 ? static_cast<size_t>(used) : 1;
  return used > 0 ? codepoint : -1;
}

}  // namespace squire::embed
