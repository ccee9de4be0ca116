#pragma once

/// TopK: the k nearest of a stream of (distance, row), in a bounded heap. One thread at a time.
///
/// Nearer is a smaller distance, and at equal distance a smaller row, so the answer does not depend on the order of
/// arrival. A distance that is not a number is no answer and is left out.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace squire::simd {

struct Neighbor {
  float distance = 0;
  uint64_t row = 0;

  friend bool operator==(const Neighbor&, const Neighbor&) = default;
  friend bool operator<(const Neighbor& a, const Neighbor& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
  }
};

class TopK {
 public:
  /// Keeps at most `k`; memory grows with what was kept, not with k.
  /// A row farther than `bound` is known not to be wanted.
  explicit TopK(size_t k, float bound = std::numeric_limits<float>::infinity()) : k_(k), bound_(bound) {}

  /// A distance above this cannot enter any more (one equal to it may, by its row).
  [[nodiscard]] float bound() const { return bound_; }

  void Push(float distance, uint64_t row) {
    if (!(distance <= bound_)) return;  // also drops NaN
    Insert({distance, row});
  }

  void Merge(const TopK& other) {
    for (const Neighbor& neighbor : other.heap_) Push(neighbor.distance, neighbor.row);
  }

  /// What is kept, nearest first; the object is empty afterwards.
  std::vector<Neighbor> Take() {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

 private:
  void Insert(const Neighbor& neighbor) {
    if (heap_.size() < k_) {
      heap_.push_back(neighbor);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (k_ > 0 && neighbor < heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.back() = neighbor;
      std::push_heap(heap_.begin(), heap_.end());
    }
    if (k_ > 0 && heap_.size() == k_) bound_ = std::min(bound_, heap_.front().distance);
  }

  size_t k_;
  float bound_;
  std::vector<Neighbor> heap_;  // farthest first
};

}  // namespace squire::simd
