#pragma once

/// What BM25 asks of each document of a part of an index: k1 * (1 - b + b * length / mean). Immutable.

#include <cstdint>
#include <span>
#include <vector>

#include "index/text/bm25.h"

namespace squire::text {

class DocumentNorms {
 public:
  /// `lengths` in words; `mean` of all documents there are, here or elsewhere.
  DocumentNorms(std::span<const uint32_t> lengths, double mean, const Bm25Options& options = {}) {
    const double per_word = mean > 0 ? options.b / mean : 0;
    norms_.reserve(lengths.size());
    for (const uint32_t length : lengths)
      norms_.push_back(static_cast<float>(options.k1 * (1 - options.b + per_word * length)));
  }

  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(norms_.size()); }
  [[nodiscard]] float operator[](uint32_t document) const { return norms_[document]; }
  /// Of a word's weight, what a document gets: below 1, growing with the frequency.
  [[nodiscard]] float Share(uint32_t document, uint32_t frequency) const {
    const auto count = static_cast<float>(frequency);
    return count / (count + norms_[document]);
  }

 private:
  std::vector<float> norms_;
};

}  // namespace squire::text
