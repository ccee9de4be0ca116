#include "index/text/chars.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace squire::text {

namespace {

struct Range {
  int32_t first;
  int32_t last;
};

// Combining accents that folding drops, and marks that only tell how to draw a word.
constexpr Range kIgnored[] = {
    {0x00AD, 0x00AD}, {0x0300, 0x036F}, {0x0483, 0x0487}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200C, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

// Scripts written without spaces, and Korean, whose words carry their particles.
constexpr Range kUnspaced[] = {
    {0x0E00, 0x0EFF}, {0x1000, 0x109F}, {0x1100, 0x11FF}, {0x1780, 0x17FF}, {0x3005, 0x3007},   {0x3040, 0x30FF},
    {0x3100, 0x318F}, {0x31A0, 0x31BF}, {0x31F0, 0x31FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7FF}, {0xF900, 0xFAFF}, {0xFF66, 0xFF9F}, {0xFFA0, 0xFFDC}, {0x20000, 0x3FFFF},
};

template <size_t kCount>
bool InRanges(const Range (&ranges)[kCount], int32_t code_point) {
  for (const Range& range : ranges) {
    if (code_point < range.first) return false;
    if (code_point <= range.last) return true;
  }
  return false;
}

CharKind KindOf(int32_t code_point) {
  if (InRanges(kIgnored, code_point)) return CharKind::kIgnored;
  CharKind kind;
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT: kind = CharKind::kUpper; break;
    case UTF8PROC_CATEGORY_LL: kind = CharKind::kLower; break;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: kind = CharKind::kDigit; break;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: kind = CharKind::kOther; break;
    default: return CharKind::kSeparator;
  }
  return InRanges(kUnspaced, code_point) ? CharKind::kUnspaced : kind;
}

// The scripts that fill whole texts, without a look-up: ideographs, Hangul syllables, kana.
bool IsPlainUnspaced(int32_t code_point) {
  return (code_point >= 0x4E00 && code_point <= 0x9FFF) || (code_point >= 0xAC00 && code_point <= 0xD7A3) ||
         (code_point >= 0x3041 && code_point <= 0x3096) || (code_point >= 0x30A1 && code_point <= 0x30FA);
}

bool IsWord(CharKind kind) {
  return kind != CharKind::kSeparator && kind != CharKind::kUnderscore && kind != CharKind::kIgnored;
}

size_t FoldBySteps(int32_t code_point, char (&out)[kMaxFoldedBytes]) {
  utf8proc_int32_t folded[32];
  int boundary = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD);
  const auto count = utf8proc_decompose_char(code_point, folded, 32, options, &boundary);
  size_t written = 0;
  for (utf8proc_ssize_t i = 0; i < count && i < 32; ++i) {
    if (!IsWord(folded[i] < 0x80 ? internal::kAsciiKinds[static_cast<size_t>(folded[i])] : KindOf(folded[i]))) continue;
    utf8proc_uint8_t encoded[4];
    const auto length = static_cast<size_t>(utf8proc_encode_char(folded[i], encoded));
    if (written + length > kMaxFoldedBytes) break;
    std::memcpy(out + written, encoded, length);
    written += length;
  }
  return written;
}

// Latin, Greek and Cyrillic letters, folded once a process.
class CommonLetters {
 public:
  static constexpr int32_t kEnd = 0x530;

  static const CommonLetters& Get() {
    static const CommonLetters letters;
    return letters;
  }

  struct Entry {
    CharKind kind;
    uint8_t folded_size;
    char folded[6];  // three are needed at most: U+0149 folds to two characters
  };
  [[nodiscard]] const Entry& at(int32_t code_point) const { return entries_[static_cast<size_t>(code_point)]; }

 private:
  CommonLetters() {
    for (int32_t code_point = 0x80; code_point < kEnd; ++code_point) {
      char folded[kMaxFoldedBytes];
      const size_t size = std::min(FoldBySteps(code_point, folded), sizeof(Entry::folded));
      Entry& entry = entries_[static_cast<size_t>(code_point)];
      entry.kind = KindOf(code_point);
      entry.folded_size = static_cast<uint8_t>(size);
      std::memcpy(entry.folded, folded, size);
    }
  }

  std::array<Entry, kEnd> entries_{};
};

}  // namespace

Char internal::ReadLongChar(const char* text, size_t size) {
  utf8proc_int32_t code_point = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text);
  const auto length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(size < 4 ? size : 4), &code_point);
  if (length <= 0) return {};
  CharKind kind;
  if (IsPlainUnspaced(code_point)) {
    kind = CharKind::kUnspaced;
  } else if (code_point < CommonLetters::kEnd) {
    kind = CommonLetters::Get().at(code_point).kind;
  } else {
    kind = KindOf(code_point);
  }
  return {kind, static_cast<uint8_t>(length), code_point};
}

size_t Fold(const Char& character, char (&out)[kMaxFoldedBytes]) {
  const int32_t code_point = character.code_point;
  if (code_point < 0x80) {
    out[0] = static_cast<char>(character.kind == CharKind::kUpper ? code_point | 0x20 : code_point);
    return 1;
  }
  if (code_point < CommonLetters::kEnd) {
    const CommonLetters::Entry& entry = CommonLetters::Get().at(code_point);
    std::memcpy(out, entry.folded, entry.folded_size);
    return entry.folded_size;
  }
  const bool compatible = code_point >= 0xF900 && code_point <= 0xFFDC;  // compatibility forms of other characters
  if (character.kind == CharKind::kUnspaced && !compatible) {
    return static_cast<size_t>(utf8proc_encode_char(code_point, reinterpret_cast<utf8proc_uint8_t*>(out)));
  }
  return FoldBySteps(code_point, out);
}

}  // namespace squire::text
