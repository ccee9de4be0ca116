#pragma once

/// The words of an index as an automaton whose ways from the root spell them, each with a number: read here, written by
/// FstWriter. Pure function; no recursion, whatever the bytes.
/// Source: docs/text_index.md "Words"; the layout is that of the Rust library fst, version 3 of its format.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace squire::text {

inline constexpr uint64_t kFstVersion = 3;
inline constexpr size_t kFstIndexFrom = 32;  ///< ways of a node; above, a table of 256 bytes leads to them
/// Letters that a node of one way has within its last byte.
inline constexpr std::string_view kFstCommonLetters = "te/oasripcnw.hlm-du012g=:bf3y5&_4v9678k%?xCDASFIBEjPTzRNM+LOqHG";
/// Longer words are not read, and are none to a tokenizer.
inline constexpr size_t kFstWordBytesMax = 1 << 20;

struct NumberedWords {
  std::string bytes;
  std::vector<uint32_t> ends;     ///< in bytes; words ascend
  std::vector<uint32_t> numbers;  ///< of each word
};

/// All words of an automaton. ERRORS: Corruption; OverBudget for more than `words_max` words, over 1 GiB of
/// them, or one over kFstWordBytesMax.
Result<NumberedWords> ReadFstWords(Bytes fst, size_t words_max);

}  // namespace squire::text
