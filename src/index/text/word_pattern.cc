#include "index/text/word_pattern.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "index/text/text_part.h"

namespace squire::text {
namespace {

/// Letters of UTF-8; a byte that belongs to none counts as one.
std::vector<std::string_view> SplitLetters(std::string_view word) {
  std::vector<std::string_view> out;
  for (size_t at = 0; at < word.size();) {
    size_t end = at + 1;
    while (end < word.size() && (static_cast<uint8_t>(word[end]) & 0xC0) == 0x80) end++;
    out.push_back(word.substr(at, end - at));
    at = end;
  }
  return out;
}

/// Distances from a word to words that come in order.
class EditTable {
 public:
  EditTable(std::string_view word, uint32_t max) : letters_(SplitLetters(word)), max_(max) {
    rows_.resize(letters_.size() + 1);
    std::iota(rows_.begin(), rows_.end(), 0u);
  }

  /// The distance to `other`, or more than the greatest; `dead_size` is how many bytes of it make that certain, 0 for
  /// none.
  uint32_t Measure(std::string_view other, size_t& dead_size) {
    const size_t width = letters_.size() + 1;
    dead_size = 0;
    // Rows of letters that the word before has, too.
    size_t depth = 0, at = 0;
    while (depth < path_.size() && other.substr(at).starts_with(path_[depth]) &&
           IsWhole(other, at + path_[depth].size()))
      at += path_[depth++].size();
    path_.resize(depth);
    for (; at < other.size(); depth++) {
      size_t end = at + 1;
      while (end < other.size() && (static_cast<uint8_t>(other[end]) & 0xC0) == 0x80) end++;
      const std::string_view letter = other.substr(at, end - at);
      rows_.resize((depth + 2) * width);
      const uint32_t* above = rows_.data() + depth * width;
      uint32_t* row = rows_.data() + (depth + 1) * width;
      row[0] = static_cast<uint32_t>(depth) + 1;
      uint32_t least = row[0];
      for (size_t i = 1; i < width; i++) {
        const uint32_t replaced = above[i - 1] + (letters_[i - 1] == letter ? 0 : 1);
        row[i] = std::min({replaced, above[i] + 1, row[i - 1] + 1});
        least = std::min(least, row[i]);
      }
      path_.emplace_back(letter);
      at = end;
      if (least > max_) {
        dead_size = end;
        return max_ + 1;
      }
    }
    return std::min(rows_[depth * width + width - 1], max_ + 1);
  }

 private:
  /// Whether a letter ends before byte `at`.
  static bool IsWhole(std::string_view word, size_t at) {
    return at >= word.size() || (static_cast<uint8_t>(word[at]) & 0xC0) != 0x80;
  }

  std::vector<std::string_view> letters_;
  uint32_t max_;
  std::vector<std::string> path_;  // letters of the word before
  std::vector<uint32_t> rows_;     // distances of its beginnings, from the empty one on
};

/// The first bytes above all words that begin with `prefix`; empty when there are none above.
std::string After(std::string_view prefix) {
  std::string out(prefix);
  while (!out.empty() && static_cast<uint8_t>(out.back()) == 0xFF) out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(static_cast<uint8_t>(out.back()) + 1);
  return out;
}

/// The first `count` letters.
std::string_view FirstLetters(std::string_view word, size_t count) {
  const auto letters = SplitLetters(word);
  size_t size = 0;
  for (size_t i = 0; i < std::min(count, letters.size()); i++) size += letters[i].size();
  return word.substr(0, size);
}

}  // namespace

uint32_t CountEdits(std::string_view a, std::string_view b, uint32_t max) {
  size_t dead_size = 0;
  return EditTable(a, max).Measure(b, dead_size);
}

bool Matches(const WordPattern& pattern, std::string_view word, std::string_view other) {
  switch (pattern.kind) {
    case WordPattern::Kind::kItself: return word == other;
    case WordPattern::Kind::kPrefix: return other.starts_with(word);
    case WordPattern::Kind::kLike:
      return other.starts_with(FirstLetters(word, pattern.prefix_size)) &&
             CountEdits(word, other, pattern.edits) <= pattern.edits;
  }
  return false;
}

std::vector<PatternWord> FindWords(const WordPattern& pattern, std::string_view word, const TextPart& part) {
  std::vector<PatternWord> out;
  if (pattern.kind == WordPattern::Kind::kItself) {
    if (const auto found = part.Find(word)) out.push_back({*found, 0});
    return out;
  }
  const bool is_prefix = pattern.kind == WordPattern::Kind::kPrefix;
  const std::string begin(is_prefix ? word : FirstLetters(word, pattern.prefix_size));
  const std::string after = After(begin);
  const size_t first = part.LowerBound(begin);
  const size_t end = after.empty() ? part.num_words() : part.LowerBound(after);
  EditTable table(word, pattern.edits);
  for (size_t i = first; i < end;) {
    if (is_prefix) {
      out.push_back({static_cast<uint32_t>(i++), 0});
      continue;
    }
    size_t dead_size = 0;
    const uint32_t edits = table.Measure(part.word(i), dead_size);
    if (edits <= pattern.edits) out.push_back({static_cast<uint32_t>(i), edits});
    i++;
    // No word that begins so is like it: the next is found by halving, when it is not the next one anyway.
    if (dead_size == 0 || i >= end) continue;
    const std::string_view dead = part.word(i - 1).substr(0, dead_size);
    if (!part.word(i).starts_with(dead)) continue;
    const std::string next = After(dead);
    if (next.empty()) break;
    i = std::min(end, part.LowerBound(next));
  }
  return out;
}

}  // namespace squire::text
