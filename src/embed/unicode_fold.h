#pragma once

/// How BERT's uncased basic tokenizer sees one character beyond ASCII. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>

namespace squire::embed {

enum class CharKind : uint8_t {
  kDropped,      ///< Control, format, unassigned, or an accent.
  kSpace,        ///< Parts words and is not kept.
  kPunctuation,  ///< A word of its own.
  kIdeograph,    ///< A word of its own (BERT's CJK ranges).
  kLetter,       ///< Anything else: part of a word.
};

/// The kind of `codepoint` as it stands in the text, before it is folded.
CharKind KindOf(int32_t codepoint);

/// Appends `codepoint` decomposed (NFD), without its accents (category Mn) and in lower case, as UTF-8. Appends nothing
/// for an accent. Hangul falls apart into jamo, as BERT has it.
void AppendFolded(int32_t codepoint, std::string& out);

/// Reads the character at `text[position]` and moves behind it; -1 and one byte further where the bytes are not UTF-8.
/// REQUIRES: position < text.size().
int32_t NextCodepoint(std::string_view text, size_t& position);

}  // namespace squire::embed
