#pragma once

/// One character of UTF-8 text, its part in a word, and its folded form. Pure functions over constant tables.

#include <array>
#include <cstddef>
#include <cstdint>

namespace squire::text {

enum class CharKind : uint8_t {
  kSeparator,   ///< Ends a word: spaces, punctuation, symbols, controls, bytes that are not UTF-8.
  kUnderscore,  ///< Joins the parts of an identifier.
  kLower,
  kUpper,
  kDigit,
  kOther,     ///< A letter or mark without case.
  kUnspaced,  ///< Of a script written without spaces between words (Chinese, Japanese, Korean, Thai, ...).
  kIgnored,   ///< Inside a word, but not of it: combining accents, joiners, the soft hyphen.
};

struct Char {
  CharKind kind = CharKind::kSeparator;
  uint8_t size_bytes = 1;
  int32_t code_point = 0;
};

namespace internal {
inline constexpr auto kAsciiKinds = [] {
  std::array<CharKind, 128> kinds{};
  for (int c = 'a'; c <= 'z'; ++c) kinds[static_cast<size_t>(c)] = CharKind::kLower;
  for (int c = 'A'; c <= 'Z'; ++c) kinds[static_cast<size_t>(c)] = CharKind::kUpper;
  for (int c = '0'; c <= '9'; ++c) kinds[static_cast<size_t>(c)] = CharKind::kDigit;
  kinds['_'] = CharKind::kUnderscore;
  return kinds;
}();
Char ReadLongChar(const char* text, size_t size);
}  // namespace internal

/// The first character of `size` > 0 bytes. A byte that begins no well-formed sequence is a separator of one byte.
inline Char ReadChar(const char* text, size_t size) {
  const auto first = static_cast<uint8_t>(*text);
  if (first < 0x80) return {internal::kAsciiKinds[first], 1, first};
  return internal::ReadLongChar(text, size);
}

/// The longest folded form that is kept of one character, in bytes.
inline constexpr size_t kMaxFoldedBytes = 32;

/// Writes the folded form of a word character: lower case, compatibility forms resolved, accents dropped ("É" to "e",
/// "ß" to "ss", "ﬁ" to "fi"). May be empty. Characters of kUnspaced keep their marks. Returns the bytes written.
size_t Fold(const Char& character, char (&out)[kMaxFoldedBytes]);

/// True for the bytes that can lie inside an identifier or a UTF-8 sequence: A-Z a-z 0-9 _ and 0x80 up.
inline bool IsSpanByte(char byte) {
  const auto value = static_cast<uint8_t>(byte);
  return value >= 0x80 || internal::kAsciiKinds[value] != CharKind::kSeparator;
}

}  // namespace squire::text
