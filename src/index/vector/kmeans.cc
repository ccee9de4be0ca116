#include "index/vector/kmeans.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

#include "base/parallel.h"
#include "simd/kernels.h"

namespace squire::vector {
namespace {

constexpr size_t kRowsPerPiece = 256;
constexpr float kNudge = 1.0f / 1024;  // by which the halves of a center that is split differ

/// Moves each center to the mean of its rows; one without rows becomes half of the one with the most.
void MoveCenters(std::span<const float> sample, std::span<const uint32_t> nearest, Centers& centers) {
  const size_t dim = centers.dim, count = centers.count();
  std::vector<double> sums(count * dim);
  std::vector<size_t> rows(count);
  for (size_t row = 0; row < nearest.size(); row++) {
    const size_t center = nearest[row];
    rows[center]++;
    for (size_t i = 0; i < dim; i++) sums[center * dim + i] += sample[row * dim + i];
  }
  for (size_t center = 0; center < count; center++) {
    if (rows[center] == 0) continue;
    const double factor = 1.0 / static_cast<double>(rows[center]);
    for (size_t i = 0; i < dim; i++)
      centers.values[center * dim + i] = static_cast<float>(sums[center * dim + i] * factor);
  }
  for (size_t center = 0; center < count; center++) {
    if (rows[center] > 0) continue;
    const auto largest = static_cast<size_t>(std::ranges::max_element(rows) - rows.begin());
    rows[center] = rows[largest] / 2;
    rows[largest] -= rows[center];
    for (size_t i = 0; i < dim; i++) {
      const float value = centers.values[largest * dim + i];
      const float nudge = i % 2 == 0 ? 1 + kNudge : 1 - kNudge;
      centers.values[center * dim + i] = value * nudge;
      centers.values[largest * dim + i] = value * (2 - nudge);
    }
  }
  centers.Measure();
}

}  // namespace

void Centers::Measure() {
  squares.resize(dim == 0 ? 0 : values.size() / dim);
  for (size_t center = 0; center < squares.size(); center++) {
    double square = 0;
    for (const float value : (*this)[center]) square += static_cast<double>(value) * value;
    squares[center] = static_cast<float>(square);
  }
}

Result<void> AssignRows(std::span<const float> rows, const Centers& centers, int threads, std::span<uint32_t> out) {
  const simd::Kernels& kernels = simd::ActiveKernels();
  const size_t dim = centers.dim, count = centers.count();
  const auto work = [&](size_t piece) -> Result<void> {
    std::vector<float> dots(count);
    const size_t end = std::min(out.size(), (piece + 1) * kRowsPerPiece);
    for (size_t row = piece * kRowsPerPiece; row < end; row++) {
      kernels.dot(rows.data() + row * dim, dim, reinterpret_cast<const uint8_t*>(centers.values.data()), 4 * dim, count,
                  dots.data());
      size_t best = 0;
      float least = std::numeric_limits<float>::infinity();
      for (size_t center = 0; center < count; center++) {
        const float distance = centers.squares[center] - 2 * dots[center];
        if (distance < least) {
          least = distance;
          best = center;
        }
      }
      out[row] = static_cast<uint32_t>(best);
    }
    return {};
  };
  return ParallelFor((out.size() + kRowsPerPiece - 1) / kRowsPerPiece, threads, work);
}

Result<Centers> TrainCenters(std::span<const float> sample, size_t dim, const KMeansOptions& options) {
  const size_t rows = dim == 0 ? 0 : sample.size() / dim;
  Centers centers;
  centers.dim = dim;
  std::vector<size_t> order(rows);
  std::iota(order.begin(), order.end(), size_t{0});
  std::mt19937_64 random(options.seed);
  for (size_t i = 0; i < std::min(options.count, rows); i++) {
    std::swap(order[i], order[i + random() % (rows - i)]);
    const auto row = sample.subspan(order[i] * dim, dim);
    centers.values.insert(centers.values.end(), row.begin(), row.end());
  }
  centers.Measure();
  if (centers.count() <= 1 && rows == 0) return centers;
  std::vector<uint32_t> nearest(rows), before;
  for (int round = 0; round < options.rounds; round++) {
    TRY(AssignRows(sample, centers, options.threads, nearest));
    if (nearest == before) break;
    MoveCenters(sample, nearest, centers);
    before = nearest;
  }
  return centers;
}

}  // namespace squire::vector
