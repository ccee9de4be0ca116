#pragma once

/// Columns of vectors: fixed-size lists of float32 or float16. Free functions.

#include <cstdint>
#include <span>
#include <vector>

#include "simd/distance.h"
#include "squire/array.h"
#include "table/scan.h"

namespace squire::vector {

/// Whether a column of `type` can be searched by vectors.
bool IsVectorType(const DataType& type);

/// `vectors` as float32; itself where it is. ERRORS: OverBudget.
Result<Array> ToFloats(const Array& vectors);

/// Vectors of some rows, one after the other.
struct VectorRows {
  std::vector<float> values;
  std::vector<uint64_t> addresses;
};

/// The live rows of a range of a column of vectors, `type` wide; rows that are null or hold a null are left out.
Result<VectorRows> ReadVectors(const table::Snapshot& snapshot, const table::Projection& column,
                               const table::RowRange& range);

/// `vector` as indexes see it: of length one under cosine, unless it has none. False when it holds a value that is not
/// finite: such a vector is in no index.
bool Prepare(simd::Metric metric, std::span<float> vector);

}  // namespace squire::vector
