#pragma once

/// StoredIndex: an index of another Lance program whose codes are no RaBitQ codes: partitions nearest to a query are
/// scanned whole. Of the graphs (HNSW) that some have within partitions, only the codes are used. Immutable to its
/// users and safe to share between threads.

#include <mutex>

#include "index/vector/stored_codes.h"
#include "index/vector/vector_index.h"

namespace squire::vector {

class StoredIndex : public VectorIndex {
 public:
  static constexpr size_t kMemoryBytesMax = 128 << 20;  ///< of partitions that are kept; others are read each time

  /// ERRORS: Corruption; Unsupported for an index of another kind or form, by its name.
  static Result<std::shared_ptr<const VectorIndex>> Open(std::shared_ptr<table::FileCache> files, IvfModel model);

  [[nodiscard]] const Centers& centers() const override { return model_.centers; }
  [[nodiscard]] simd::Metric metric() const override { return model_.metric; }
  [[nodiscard]] uint64_t num_rows() const override { return model_.num_rows; }
  [[nodiscard]] float DefaultRefine() const override { return codes_->DefaultRefine(); }
  [[nodiscard]] size_t memory_bytes() const override;
  [[nodiscard]] Result<std::vector<simd::Neighbor>> Search(std::span<const float> query, const ProbeOptions& options,
                                                           const RowMask& mask,
                                                           std::span<const Partition* const> fresh) const override;

  /// The rows of a partition.
  [[nodiscard]] Result<std::shared_ptr<const StoredRows>> Read(size_t partition) const;

 private:
  StoredIndex(const std::shared_ptr<table::FileCache>& files, IvfModel model, std::unique_ptr<const StoredCodes> codes)
      : files_(files), model_(std::move(model)), codes_(std::move(codes)), kept_(model_.centers.count()) {}
  Result<void> FindColumns(lance::FileReader& file);

  std::weak_ptr<table::FileCache> files_;  // which may hold this index: not the other way, too
  IvfModel model_;
  std::unique_ptr<const StoredCodes> codes_;
  lance::ColumnTree addresses_, rows_;
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<const StoredRows>> kept_;  // by partition
  mutable size_t memory_bytes_ = 0;
};

}  // namespace squire::vector
