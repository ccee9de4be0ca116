#pragma once

/// ExactSearch: the k nearest of all rows, measured one by one where they lie in memory.
///
/// THREADS: AddBlock may be called from several threads at once; Take after all of them have returned. The answer does
/// not depend on how rows were cut into blocks or in which order those came.

#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "simd/distance.h"
#include "simd/top_k.h"
#include "squire/table.h"

namespace squire::vector {

/// The kernels' name of a metric.
simd::Metric KernelMetric(squire::Metric metric);

/// Rows one after the other in memory, at any address and any stride: a plain array (stride_bytes = 4 * dim), or a page
/// whose rows each begin with a control byte (stride_bytes = 1 + 4 * dim, value_offset = 1).
struct RowBlock {
  Bytes bytes = {};                     ///< the rows, all of them inside
  size_t count = 0;                     ///< how many
  size_t stride_bytes = 0;              ///< from one row to the next
  size_t value_offset = 0;              ///< from a row's begin to its first float32
  bool has_control = false;             ///< a row whose first byte is not 0 is null
  uint64_t first_row = 0;               ///< the row id of the first; the others follow
  std::span<const uint64_t> live = {};  ///< bit i of word i / 64: row i counts; empty: all rows do
};

/// Distances that are wanted: from `above` on, and below `below`.
struct DistanceRange {
  float above = -std::numeric_limits<float>::infinity();
  float below = std::numeric_limits<float>::infinity();

  [[nodiscard]] bool has_above() const { return above > -std::numeric_limits<float>::infinity(); }
  /// The farthest distance that is in it.
  [[nodiscard]] float most() const {
    const float infinity = std::numeric_limits<float>::infinity();
    return below == infinity ? infinity : std::nextafter(below, -infinity);
  }
};

class ExactSearch {
 public:
  /// Prepares a search of the `k` nearest rows to `query`, whose size is the dimension, of those in `range`.
  /// ERRORS: InvalidArgument when the query is empty or holds a value that is not finite.
  static Result<ExactSearch> Make(simd::Metric metric, std::span<const float> query, size_t k,
                                  const DistanceRange& range = {},
                                  const simd::Kernels& kernels = simd::ActiveKernels());

  ExactSearch(ExactSearch&& other) noexcept;

  /// Measures the rows of `block` that are live and not null. Rows with a distance that is not a number are no answer.
  /// ERRORS: Corruption when the rows do not lie inside the block's bytes or its bitmap is too short.
  Result<void> AddBlock(const RowBlock& block);

  /// Measures rows that lie anywhere, each of the query's dimension; `ids` names them.
  void AddRows(std::span<const uint8_t* const> rows, std::span<const uint64_t> ids);

  /// The nearest rows, nearest first, equal distances by row id. The search is empty afterwards.
  std::vector<simd::Neighbor> Take();

 private:
  ExactSearch(simd::Metric metric, std::span<const float> query, size_t k, const DistanceRange& range,
              const simd::Kernels& kernels);

  [[nodiscard]] Result<void> Check(const RowBlock& block) const;
  void Measure(const RowBlock& block, simd::TopK& nearest) const;
  void MeasureSome(const RowBlock& block, size_t begin, uint64_t live, simd::TopK& nearest) const;
  void MeasureRow(const uint8_t* row, const uint8_t* next, uint64_t id, simd::TopK& nearest) const;

  simd::DistanceTo distance_;
  size_t k_;
  DistanceRange range_;
  std::atomic<float> bound_;  // the farthest distance that can still enter; blocks begin with it
  std::mutex mutex_;
  simd::TopK nearest_;  // guarded by mutex_
};

}  // namespace squire::vector
