#pragma once

/// The tokenizer for code and prose: text to words, always the same for the same text. docs/text_search.md has its
/// rules. Pure functions; memory does not grow with the text; any bytes are text.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace squire::text {

/// Names these rules; stored beside whatever is built with them, and changed whenever they change.
inline constexpr std::string_view kTokenizerName = "code1";

/// A longer word is cut here, at a character.
inline constexpr size_t kMaxWordBytes = 64;

enum class WordKind : uint8_t {
  kPart,   ///< A word, a part of an identifier, or one character of an unspaced script. These follow each other as the
           ///< text does, so phrases are matched on them.
  kWhole,  ///< The parts of one identifier joined, when there are two or more; follows them.
  kPair,   ///< Two neighbouring characters of an unspaced script; follows the second.
};

/// `word` is folded, 1 to kMaxWordBytes bytes, and valid during the call.
using WordSink = void (*)(void* context, std::string_view word, WordKind kind);

/// Calls `sink` for each word of `text`, in order.
void ReadWords(std::string_view text, WordSink sink, void* context);

/// ReadWords with a callable of (std::string_view word, WordKind kind).
template <class F>
void ForEachWord(std::string_view text, F&& each) {
  ReadWords(
      text,
      [](void* context, std::string_view word, WordKind kind) {
        (*static_cast<std::remove_reference_t<F>*>(context))(word, kind);
      },
      const_cast<void*>(static_cast<const void*>(&each)));
}

}  // namespace squire::text
