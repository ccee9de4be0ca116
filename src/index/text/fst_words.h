#pragma once

/// The words of an index as an automaton whose ways from the root spell them, each with a number: the form that other
/// Lance programs write. Pure function; no recursion, whatever the bytes.
/// Source: files of pylance 14.0.2; the layout is that of the Rust library fst, version 3 of its format.

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace squire::text {

struct NumberedWords {
  std::string bytes;
  std::vector<uint32_t> ends;     ///< in bytes; words ascend
  std::vector<uint32_t> numbers;  ///< of each word
};

/// All words of an automaton. ERRORS: Corruption; OverBudget for more than `words_max` words, or over 1 GiB of them.
Result<NumberedWords> ReadFstWords(Bytes fst, size_t words_max);

}  // namespace squire::text
