#pragma once

/// Lines: a text cut into lines, with an estimate of how many model tokens each costs. Immutable; views its text.

#include <cstdint>
#include <string_view>
#include <vector>

namespace squire::corpus {

/// WordPiece tokens that `text` costs, in hundredths: by length of each alphanumeric run (mean over C, Python,
/// JavaScript and Markdown sources), one for each other visible ASCII character, and by bytes beyond ASCII.
/// Lower-cased BERT vocabulary of 30,522 entries; a chunk's estimate is within some 12 % of the count
/// (docs/chunking.md).
uint64_t EstimateTokenCentis(std::string_view text);

class Lines {
 public:
  /// REQUIRES: `text` outlives this and has less than 4 GiB.
  explicit Lines(std::string_view text);

  /// Lines end at '\n'; one after the last '\n' counts only if it is not empty.
  [[nodiscard]] uint32_t count() const { return static_cast<uint32_t>(starts_.size() - 1); }

  /// The line without its end ("\n" or "\r\n").
  [[nodiscard]] std::string_view Line(uint32_t line) const;

  /// The exact text of the lines first..last, without the last one's end.
  [[nodiscard]] std::string_view Range(uint32_t first, uint32_t last) const;

  [[nodiscard]] bool blank(uint32_t line) const { return blank_[line] != 0; }

  /// Estimated tokens of the lines [first, end).
  [[nodiscard]] uint32_t Tokens(uint32_t first, uint32_t end) const {
    return static_cast<uint32_t>((centis_[end] - centis_[first] + 50) / 100);
  }

  /// Columns of white space that a line begins with; a tab counts 4.
  [[nodiscard]] uint32_t Indent(uint32_t line) const;

 private:
  std::string_view text_;
  std::vector<uint32_t> starts_;  // count() + 1
  std::vector<uint64_t> centis_;  // prefix sums, count() + 1
  std::vector<uint8_t> blank_;
};

/// `text` without white space at both ends.
std::string_view TrimBlanks(std::string_view text);

}  // namespace squire::corpus
