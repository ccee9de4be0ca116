#include "simd/distance.h"

#include <algorithm>
#include <cmath>

namespace squire::simd {

std::string_view MetricName(Metric metric) {
  switch (metric) {
    case Metric::kL2: return "l2";
    case Metric::kDot: return "dot";
    case Metric::kCosine: return "cosine";
  }
  return "unknown";
}

DistanceTo::DistanceTo(Metric metric, std::span<const float> query, const Kernels& kernels)
    : metric_(metric), query_(query.begin(), query.end()), kernels_(&kernels) {
  double square = 0;
  for (float value : query_) square += static_cast<double>(value) * value;
  query_norm_ = static_cast<float>(std::sqrt(square));
}

void DistanceTo::Measure(const uint8_t* rows, size_t stride_bytes, size_t count, float* out) const {
  switch (metric_) {
    case Metric::kL2: return kernels_->l2(query_.data(), dim(), rows, stride_bytes, count, out);
    case Metric::kDot:
      kernels_->dot(query_.data(), dim(), rows, stride_bytes, count, out);
      for (size_t r = 0; r < count; ++r) out[r] = 1.0f - out[r];
      return;
    case Metric::kCosine: return MeasureCosine(rows, stride_bytes, count, out);
  }
}

void DistanceTo::MeasureCosine(const uint8_t* rows, size_t stride_bytes, size_t count, float* out) const {
  constexpr size_t kBlock = 256;
  float squares[kBlock];
  for (size_t done = 0; done < count;) {
    const size_t block = std::min(kBlock, count - done);
    kernels_->dot_square(query_.data(), dim(), rows + done * stride_bytes, stride_bytes, block, out + done, squares);
    for (size_t r = 0; r < block; ++r) {
      const float lengths = query_norm_ * std::sqrt(squares[r]);
      out[done + r] = lengths == 0.0f ? 1.0f : 1.0f - out[done + r] / lengths;
    }
    done += block;
  }
}

}  // namespace squire::simd
