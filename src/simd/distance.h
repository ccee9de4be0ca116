#pragma once

/// DistanceTo: a query vector and a metric, ready to be measured against rows as they lie in memory. Immutable; any
/// thread may use it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "simd/kernels.h"

namespace squire::simd {

/// Smaller is nearer for each; the values are those that Lance clients report as `_distance`.
enum class Metric {
  kL2,      ///< sum of squared differences (no root)
  kDot,     ///< 1 - dot product
  kCosine,  ///< 1 - dot / (|query| |row|); 1 where either has no length
};

/// "l2", "dot", "cosine".
std::string_view MetricName(Metric metric);

class DistanceTo {
 public:
  DistanceTo(Metric metric, std::span<const float> query, const Kernels& kernels = ActiveKernels());

  [[nodiscard]] Metric metric() const { return metric_; }
  [[nodiscard]] size_t dim() const { return query_.size(); }

  /// out[r] = the distance of the row of dim() float32 at rows + r * stride_bytes, for r < count. Rows and stride may
  /// be unaligned. A row that holds NaN, or infinities that cancel, measures NaN.
  void Measure(const uint8_t* rows, size_t stride_bytes, size_t count, float* out) const;

 private:
  void MeasureCosine(const uint8_t* rows, size_t stride_bytes, size_t count, float* out) const;

  Metric metric_;
  std::vector<float> query_;
  float query_norm_ = 0;
  const Kernels* kernels_;
};

}  // namespace squire::simd
