#pragma once

/// Measuring rows of a version exactly: from memory where they are held, else from the column.

#include <span>

#include "index/vector/exact.h"
#include "index/vector/row_mask.h"
#include "query/vector_cache.h"

namespace squire::query {

/// Rows of one column of one version. Immutable; any thread may use it. REQUIRES: what it is made of outlives it.
class RowMeasurer {
 public:
  RowMeasurer(const table::Snapshot& snapshot, const table::Projection& column, const VectorCache& cache)
      : snapshot_(snapshot), column_(column), cache_(cache) {}

  /// Measures the rows at `addresses`, which are live.
  Result<void> Few(std::span<const uint64_t> addresses, vector::ExactSearch& search) const;

  /// Measures all rows of the ranges, or those of them that are in `selected`, for each of the searches, on up to
  /// `threads` threads. REQUIRES: ranges begin at multiples of VectorCache::kRangeRows and are at most as long; rows
  /// that are selected are live.
  Result<void> Ranges(std::span<const table::RowRange> ranges, const vector::RowMask* selected, int threads,
                      std::span<vector::ExactSearch> searches) const;

 private:
  Result<void> Range(const table::RowRange& range, const vector::RowMask* selected,
                     std::span<vector::ExactSearch> searches) const;
  Result<void> ReadFew(std::span<const uint64_t> addresses, std::span<vector::ExactSearch> searches) const;

  const table::Snapshot& snapshot_;
  const table::Projection& column_;
  const VectorCache& cache_;
};

}  // namespace squire::query
