#pragma once

/// Origin: a point from which vectors are measured where they lie far from zero and near each other. Products with such
/// vectors are large numbers that differ by little, which short sums and codes tell badly; distances between them stay
/// what they are when all are moved. Immutable; any thread may use it. Source: docs/vector_index.md, "Vectors far from
/// zero".

#include <span>
#include <vector>

#include "index/vector/kmeans.h"
#include "index/vector/rotation.h"
#include "simd/distance.h"

namespace squire::vector {

class Origin {
 public:
  /// Zero.
  Origin() = default;
  /// The mean of vectors (an index's centers, a sample), or zero where that is as good, and under dot, where lengths
  /// count.
  static Origin Of(std::span<const float> vectors, size_t dim, simd::Metric metric);

  [[nodiscard]] bool is_zero() const { return values_.empty(); }
  /// Moves vectors, one after the other, so that this lies at zero.
  void Move(std::span<float> vectors) const;
  void MoveBack(std::span<float> vectors) const;
  [[nodiscard]] Centers Moved(const Centers& centers) const;
  /// Rotated, with zeros behind to whole groups of codes; empty for zero.
  [[nodiscard]] std::vector<float> Rotated(const Rotation& rotation, size_t groups) const;

 private:
  std::vector<float> values_;
};

/// The mean of rows of `dim` values.
std::vector<float> MeanOf(std::span<const float> rows, size_t dim);

}  // namespace squire::vector
