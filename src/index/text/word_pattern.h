#pragma once

/// WordPattern: which words of an index a word of a query stands for: itself, those that begin with it, or those that
/// differ from it by a letter or two. Pure.
/// Source: Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966; the table of
/// distances grows by one row a letter, and words in order share those of their common beginning.

#include <cstdint>
#include <string_view>
#include <vector>

namespace squire::text {

class TextPart;

inline constexpr uint8_t kMaxEdits = 2;

struct WordPattern {
  enum class Kind : uint8_t { kItself, kPrefix, kLike };
  Kind kind = Kind::kItself;
  uint8_t edits = 0;         ///< of kLike: letters put in, left out or replaced
  uint32_t prefix_size = 0;  ///< of kLike: so many letters are the same
  uint32_t words_max = 50;   ///< that it stands for at most

  friend bool operator==(const WordPattern&, const WordPattern&) = default;
};

/// Letters that must be put in, left out or replaced to make `b` of `a`; more than `max` for any greater number.
uint32_t CountEdits(std::string_view a, std::string_view b, uint32_t max);

/// Whether `word` stands for `other`.
bool Matches(const WordPattern& pattern, std::string_view word, std::string_view other);

struct PatternWord {
  uint32_t word = 0;   ///< number in the part
  uint32_t edits = 0;  ///< from the pattern's word
};

/// The words of a part that `word` stands for, in their order.
std::vector<PatternWord> FindWords(const WordPattern& pattern, std::string_view word, const TextPart& part);

}  // namespace squire::text
