#pragma once

/// PhraseMatcher: does a text hold these words one right after the other? Immutable; any thread may ask.

#include <cstdint>
#include <string_view>
#include <vector>

#include "index/text/scan.h"

namespace squire::text {

class PhraseMatcher {
 public:
  /// `words` are indexes into the words of the scanner that Holds is called with.
  explicit PhraseMatcher(std::vector<uint16_t> words);

  [[nodiscard]] const std::vector<uint16_t>& words() const { return words_; }

  /// True if the parts of `text` (WordKind::kPart) hold the phrase. One pass, whatever the phrase (Knuth, Morris,
  /// Pratt).
  [[nodiscard]] bool Holds(std::string_view text, const WordScanner& scanner) const;

 private:
  std::vector<uint16_t> words_;
  std::vector<uint16_t> fallback_;  // after i words matched and the next not: so many are still matched
};

}  // namespace squire::text
