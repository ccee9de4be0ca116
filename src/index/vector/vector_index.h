#pragma once

/// VectorIndex: the nearest rows by their codes, looked for in the partitions nearest to a query. Its answers are
/// candidates: who wants exact distances measures them in the column. Source: docs/vector_index.md.
///
/// Immutable to its users and safe to share between threads; partitions are read when they are first searched, what
/// only rows that come near need when there is one, and stay.

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "index/vector/ivf_files.h"
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

  [[nodiscard]] const Quantizer& quantizer() const { return files_.quantizer(); }
  [[nodiscard]] const Centers& centers() const { return files_.centers(); }
  [[nodiscard]] simd::Metric metric() const { return files_.quantizer().metric(); }
  [[nodiscard]] size_t dim() const { return files_.centers().dim; }
  [[nodiscard]] size_t num_partitions() const { return files_.centers().count(); }
  [[nodiscard]] uint64_t num_rows() const { return files_.num_rows(); }
  [[nodiscard]] size_t DefaultProbes() const;

  /// Rows that the index does not have, ready to be searched with it: dim() values each. Those that no index could have
  /// (a value is not finite) are left out. ERRORS: OverBudget.
  [[nodiscard]] Result<Partition> Encode(std::span<const float> rows, std::span<const uint64_t> addresses) const;

  /// The rows in `mask` that are nearest to `query` by their codes, nearest first, those of `fresh`, which Encode made,
  /// among them. Rows of fragments that the mask does not have are no answer.
  /// ERRORS: InvalidArgument when the query has not dim() finite values; Corruption.
  [[nodiscard]] Result<std::vector<simd::Neighbor>> Search(std::span<const float> query, const ProbeOptions& options,
                                                           const RowMask& mask,
                                                           std::span<const Partition* const> fresh = {}) const;

  /// The codes of a partition as the files have them.
  [[nodiscard]] Result<CodeRows> ReadPartition(size_t partition) const { return files_.Read(partition); }

  /// Bytes of partitions that are in memory.
  [[nodiscard]] size_t memory_bytes() const { return memory_bytes_; }

 private:
  explicit VectorIndex(IvfReader files);
  /// Of partitions that are going to be scanned and that nobody read yet.
  Result<void> ReadSigns(std::vector<size_t> partitions) const;
  [[nodiscard]] Result<const RowCodes*> CodesOf(size_t partition) const;

  /// Of one partition; null until it is read. Written under mutex_.
  struct Slot {
    ~Slot() {
      delete signs.load(std::memory_order_relaxed);
      delete codes.load(std::memory_order_relaxed);
    }
    std::atomic<const SignBlocks*> signs = nullptr;
    std::atomic<const RowCodes*> codes = nullptr;
  };
  template <class T>
  const T* Keep(std::atomic<const T*>& slot, T made) const;

  IvfReader files_;
  Centers middle_;  // one: the mean of all, which fresh rows are encoded around
  mutable std::vector<Slot> slots_;
  mutable std::mutex mutex_;
  mutable std::atomic<size_t> memory_bytes_ = 0;
};

}  // namespace squire::vector
