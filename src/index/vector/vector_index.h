#pragma once

/// VectorIndex: the nearest rows by their codes, looked for in the partitions nearest to a query: of any kind that is
/// read here. Its answers are candidates: who wants exact distances measures them in the column. Source:
/// docs/vector_index.md.
///
/// Immutable to its users and safe to share between threads; partitions are read when they are first searched.

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "index/vector/ivf_model.h"
#include "index/vector/partition.h"
#include "index/vector/row_mask.h"
#include "simd/top_k.h"

namespace squire::vector {

struct ProbeOptions {
  size_t keep = 20;    ///< candidates wanted
  size_t nprobes = 0;  ///< partitions searched; 0: DefaultProbes
  /// How much of the usual error a row's first estimate is given, before its other bits are looked at: less is faster.
  float slack = 0.6f;
  /// Estimates above it are not wanted; as Kernels measure: cosine is the squared L2 of vectors of length one.
  float bound = std::numeric_limits<float>::infinity();
};

class VectorIndex {
 public:
  /// ERRORS: Corruption; Unsupported for an index of another kind or form, by its name.
  static Result<std::shared_ptr<const VectorIndex>> Open(std::shared_ptr<table::FileCache> files,
                                                         const std::string& folder);
  virtual ~VectorIndex() = default;
  VectorIndex(const VectorIndex&) = delete;
  VectorIndex& operator=(const VectorIndex&) = delete;

  [[nodiscard]] virtual const Centers& centers() const = 0;
  [[nodiscard]] virtual simd::Metric metric() const = 0;
  [[nodiscard]] virtual uint64_t num_rows() const = 0;
  /// Candidates that are wanted for each row of an answer, so that the nearest are among them.
  [[nodiscard]] virtual float DefaultRefine() const = 0;
  /// Bytes of partitions that are in memory.
  [[nodiscard]] virtual size_t memory_bytes() const = 0;
  [[nodiscard]] size_t dim() const { return centers().dim; }
  [[nodiscard]] size_t num_partitions() const { return centers().count(); }
  [[nodiscard]] size_t DefaultProbes() const;

  /// Whether rows that the index does not have can be made ready to be searched with it.
  [[nodiscard]] virtual bool can_encode() const { return false; }
  /// Makes them so: dim() values each. Those that no index could have (a value is not finite) are left out.
  /// REQUIRES: can_encode(). ERRORS: OverBudget.
  [[nodiscard]] virtual Result<Partition> Encode(std::span<const float> rows,
                                                 std::span<const uint64_t> addresses) const;

  /// The rows in `mask` that are nearest to `query` by their codes, nearest first, those of `fresh`, which Encode made,
  /// among them. Rows of fragments that the mask does not have are no answer.
  /// ERRORS: InvalidArgument when the query has not dim() finite values; Corruption.
  [[nodiscard]] virtual Result<std::vector<simd::Neighbor>> Search(
      std::span<const float> query, const ProbeOptions& options, const RowMask& mask,
      std::span<const Partition* const> fresh = {}) const = 0;

 protected:
  VectorIndex() = default;

  struct Probe {
    float distance = 0;  ///< by which partitions are ordered
    float dot = 0;       ///< of the center and the query
    uint32_t partition = 0;
  };
  /// The partitions nearest to a query, nearest first, as many as are asked for.
  [[nodiscard]] std::vector<Probe> NearestPartitions(std::span<const float> query, size_t nprobes) const;
  [[nodiscard]] Error NoQuery(size_t size) const;
};

}  // namespace squire::vector
