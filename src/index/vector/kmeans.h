#pragma once

/// Centers of partitions: Lloyd's k-means over a sample, and the nearest center of a row. Free functions; the result
/// depends on the seed and not on the number of threads.

#include <cstdint>
#include <span>
#include <vector>

#include "base/try.h"

namespace squire::vector {

/// `count` centers of `dim` values each, one after the other.
struct Centers {
  size_t dim = 0;
  std::vector<float> values;
  std::vector<float> squares;  ///< of their lengths

  [[nodiscard]] size_t count() const { return squares.size(); }
  [[nodiscard]] std::span<const float> operator[](size_t center) const { return {values.data() + center * dim, dim}; }
  /// To be called when values changed.
  void Measure();
};

struct KMeansOptions {
  size_t count = 1;
  int rounds = 8;
  uint64_t seed = 1;
  int threads = 1;
};

/// Centers of the rows in `sample`, `dim` finite values each; fewer than asked for where there are fewer rows.
/// ERRORS: none but those of threads that cannot be had.
Result<Centers> TrainCenters(std::span<const float> sample, size_t dim, const KMeansOptions& options);

/// The nearest center of each row by L2, into `out`. REQUIRES: out.size() rows; at least one center.
Result<void> AssignRows(std::span<const float> rows, const Centers& centers, int threads, std::span<uint32_t> out);

}  // namespace squire::vector
