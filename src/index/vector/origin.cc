#include "index/vector/origin.h"

#include <algorithm>

namespace squire::vector {
namespace {

constexpr double kFar = 2.0;  // of a mean's square to the mean square of what centers differ from it

}  // namespace

std::vector<float> MeanOf(std::span<const float> rows, size_t dim) {
  std::vector<double> sums(dim);
  for (size_t i = 0; i < rows.size(); i++) sums[i % dim] += rows[i];
  std::vector<float> out;
  const double count = static_cast<double>(std::max<size_t>(1, rows.size() / std::max<size_t>(1, dim)));
  for (const double sum : sums) out.push_back(static_cast<float>(sum / count));
  return out;
}

Origin Origin::Of(std::span<const float> vectors, size_t dim, simd::Metric metric) {
  Origin out;
  if (metric == simd::Metric::kDot || vectors.empty()) return out;
  std::vector<float> mean = MeanOf(vectors, dim);
  double square = 0, spread = 0;
  for (const float value : mean) square += static_cast<double>(value) * value;
  for (size_t i = 0; i < vectors.size(); i++) {
    const double difference = static_cast<double>(vectors[i]) - mean[i % dim];
    spread += difference * difference;
  }
  if (square > kFar * spread * static_cast<double>(dim) / static_cast<double>(vectors.size()))
    out.values_ = std::move(mean);
  return out;
}

void Origin::Move(std::span<float> vectors) const {
  for (size_t begin = 0; begin < vectors.size() && !is_zero(); begin += values_.size())
    for (size_t i = 0; i < values_.size(); i++) vectors[begin + i] -= values_[i];
}

void Origin::MoveBack(std::span<float> vectors) const {
  for (size_t begin = 0; begin < vectors.size() && !is_zero(); begin += values_.size())
    for (size_t i = 0; i < values_.size(); i++) vectors[begin + i] += values_[i];
}

Centers Origin::Moved(const Centers& centers) const {
  Centers out = centers;
  Move(out.values);
  out.Measure();
  return out;
}

std::vector<float> Origin::Rotated(const Rotation& rotation, size_t groups) const {
  if (is_zero()) return {};
  std::vector<float> out(64 * groups);
  std::ranges::copy(values_, out.begin());
  rotation.Apply(out.data());
  return out;
}

}  // namespace squire::vector
