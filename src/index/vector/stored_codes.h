#pragma once

/// The codes that other Lance programs keep of rows besides RaBitQ's, and distances measured by them: the vectors
/// themselves (FLAT), a byte a dimension (SQ), products (PQ). Immutable; any thread may use them. Source:
/// docs/vector_index.md, "Other programs' indexes".

#include <functional>
#include <memory>

#include "index/vector/ivf_model.h"

namespace squire::vector {

/// Rows of one partition.
struct StoredRows {
  std::vector<uint64_t> addresses;
  std::vector<uint8_t> codes;

  [[nodiscard]] size_t memory_bytes() const { return addresses.size() * sizeof(uint64_t) + codes.size(); }
};

class StoredCodes {
 public:
  /// Those that `file` says to have. ERRORS: Unsupported for others, by name; Corruption.
  static Result<std::unique_ptr<const StoredCodes>> Open(lance::FileReader& file, const IvfModel& model);
  virtual ~StoredCodes() = default;

  [[nodiscard]] virtual const char* column() const = 0;
  /// Of one row, in memory.
  [[nodiscard]] virtual size_t code_bytes() const = 0;
  /// Whether a column of this type holds them.
  [[nodiscard]] virtual bool IsOf(const DataType& type) const;
  [[nodiscard]] virtual Result<void> Read(lance::FileReader& file, const lance::ColumnTree& column, FileRows rows,
                                          std::vector<uint8_t>& out) const;
  [[nodiscard]] virtual float DefaultRefine() const = 0;

  /// Distances of the rows of a partition, by which they can be ordered among all partitions.
  using Measure = std::function<void(std::span<const float> center, const StoredRows& rows, float* out)>;
  /// `query` is of length one under cosine.
  [[nodiscard]] virtual Measure MeasureFor(std::span<const float> query) const = 0;
};

}  // namespace squire::vector
