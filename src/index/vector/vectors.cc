#include "index/vector/vectors.h"

#include <cmath>

#include "simd/kernels.h"

namespace squire::vector {

bool IsVectorType(const DataType& type) {
  if (type.id != TypeId::kFixedSizeList || type.width <= 0 || type.children.size() != 1) return false;
  const TypeId item = type.children[0].type.id;
  return item == TypeId::kFloat || item == TypeId::kHalfFloat;
}

Result<Array> ToFloats(const Array& vectors) {
  if (vectors.type.children[0].type.id == TypeId::kFloat) return vectors;
  const Array& halves = vectors.children[0];
  std::vector<uint8_t> bytes(static_cast<size_t>(halves.length) * sizeof(float));
  simd::ActiveKernels().half_to_float(reinterpret_cast<const uint8_t*>(halves.values<uint16_t>().data()),
                                      static_cast<size_t>(halves.length), reinterpret_cast<float*>(bytes.data()));
  Array out = vectors;
  out.type.children[0].type = TypeId::kFloat;
  Array& items = out.children[0];
  // The items' validity counts from their offset; it is kept by keeping that too.
  if (items.offset > 0 && !items.validity.empty()) {
    std::vector<uint8_t> padded(static_cast<size_t>(items.offset) * sizeof(float));
    padded.insert(padded.end(), bytes.begin(), bytes.end());
    bytes = std::move(padded);
  } else {
    items.offset = 0;
  }
  items.type = TypeId::kFloat;
  items.buffers = {Buffer::Of(std::move(bytes))};
  return out;
}

bool Prepare(simd::Metric metric, std::span<float> vector) {
  double square = 0;
  for (const float value : vector) square += static_cast<double>(value) * value;
  if (!std::isfinite(square)) return false;  // floats that are finite have finite squares in doubles
  if (metric == simd::Metric::kCosine && square > 0) {
    const auto factor = 1 / std::sqrt(square);
    for (float& value : vector) value = static_cast<float>(value * factor);
  }
  return true;
}

Result<VectorRows> ReadVectors(const table::Snapshot& snapshot, const table::Projection& column,
                               const table::RowRange& range) {
  table::RangeBatch rows = TRY(table::ReadRange(snapshot, column, range));
  VectorRows out;
  if (rows.addresses.empty()) return out;
  const Array vectors = TRY(ToFloats(rows.batch.columns[0]));
  const auto dim = static_cast<int64_t>(vectors.type.width);
  const bool has_null_items = vectors.children[0].null_count() > 0;
  for (int64_t row = 0; row < vectors.length; row++) {
    if (!vectors.IsValid(row)) continue;
    bool is_whole = true;
    for (int64_t i = 0; has_null_items && is_whole && i < dim; i++)
      is_whole = vectors.children[0].IsValid((vectors.offset + row) * dim + i);
    if (!is_whole) continue;
    const auto items = vectors.Items<float>(row);
    out.values.insert(out.values.end(), items.begin(), items.end());
    out.addresses.push_back(rows.addresses[static_cast<size_t>(row)]);
  }
  return out;
}

}  // namespace squire::vector
