#pragma once

/// Columns of vectors: fixed-size lists of float32 or float16. Free functions.

#include <cstdint>
#include <vector>

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

}  // namespace squire::vector
