#pragma once

/// What BM25 asks of each document of a part of an index: k1 * (1 - b + b * length / mean), from its length and two
/// numbers. Immutable.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/text/bm25_options.h"

namespace squire::text {

/// Lengths of documents as scores are computed with them.
using FloatLengths = std::shared_ptr<const std::vector<float>>;
inline FloatLengths ToFloatLengths(std::span<const uint32_t> lengths) {
  return std::make_shared<const std::vector<float>>(lengths.begin(), lengths.end());
}

class DocumentNorms {
 public:
  /// `lengths` in words; `mean` of all documents there are, here or elsewhere.
  DocumentNorms(std::span<const uint32_t> lengths, double mean, const Bm25Options& options = {})
      : DocumentNorms(ToFloatLengths(lengths), mean, options) {}
  DocumentNorms(FloatLengths lengths, double mean, const Bm25Options& options = {})
      : lengths_(std::move(lengths)),
        base_(static_cast<float>(options.k1 * (1 - options.b))),
        per_word_(static_cast<float>(mean > 0 ? options.k1 * options.b / mean : 0)) {}

  /// The same for loops: a copy that nothing else can change. REQUIRES: the norms outlive it.
  struct View {
    const float* lengths;
    float base, per_word;

    [[nodiscard]] float Share(uint32_t document, uint32_t frequency) const {
      const auto count = static_cast<float>(frequency);
      return count / (count + (base + per_word * lengths[document]));
    }
  };
  [[nodiscard]] View view() const { return {lengths_->data(), base_, per_word_}; }

  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(lengths_->size()); }
  /// Of a word's weight, what a document gets: below 1, growing with the frequency.
  [[nodiscard]] float Share(uint32_t document, uint32_t frequency) const { return view().Share(document, frequency); }

  /// By how much a share by these norms is greater than one by `other` norms of the same documents, at most.
  [[nodiscard]] float GrowthSince(const DocumentNorms& other) const {
    const auto ratio = [](float now, float before) { return now >= before ? 1.0f : now / before; };
    const float least = std::min(ratio(base_, other.base_), ratio(per_word_, other.per_word_));
    return least <= 0 ? kUnbounded : 1 / least;
  }
  static constexpr float kUnbounded = 1e30f;

 private:
  FloatLengths lengths_;
  float base_ = 0, per_word_ = 0;
};

}  // namespace squire::text
