#pragma once

/// RabitIndex: an index by RaBitQ codes (Lance's IVF_RQ), the kind that Squire makes. Source: docs/vector_index.md.
///
/// Immutable to its users and safe to share between threads; partitions are read when they are first searched, what
/// only rows that come near need when there is one, and stay.

#include <atomic>
#include <mutex>

#include "index/vector/ivf_files.h"
#include "index/vector/origin.h"
#include "index/vector/vector_index.h"

namespace squire::vector {

class RabitIndex : public VectorIndex {
 public:
  /// ERRORS: Corruption; Unsupported for another form of the codes.
  static Result<std::shared_ptr<const VectorIndex>> Open(std::shared_ptr<table::FileCache> files, IvfModel model);

  [[nodiscard]] const Quantizer& quantizer() const { return files_.quantizer(); }
  [[nodiscard]] const Centers& centers() const override { return origin_.is_zero() ? files_.centers() : moved_; }
  [[nodiscard]] simd::Metric metric() const override { return files_.quantizer().metric(); }
  [[nodiscard]] uint64_t num_rows() const override { return files_.num_rows(); }
  [[nodiscard]] float DefaultRefine() const override;
  [[nodiscard]] size_t memory_bytes() const override { return memory_bytes_; }
  [[nodiscard]] bool can_encode() const override { return true; }
  [[nodiscard]] Result<Partition> Encode(std::span<const float> rows,
                                         std::span<const uint64_t> addresses) const override;
  [[nodiscard]] Result<std::vector<simd::Neighbor>> Search(std::span<const float> query, const ProbeOptions& options,
                                                           const RowMask& mask,
                                                           std::span<const Partition* const> fresh) const override;

 private:
  explicit RabitIndex(IvfReader files);
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
  Origin origin_;
  Centers moved_;                      // the files' own, measured from there; none where that is zero
  std::vector<float> rotated_origin_;  // see Origin::Rotated
  mutable std::vector<Slot> slots_;
  mutable std::mutex mutex_;
  mutable std::atomic<size_t> memory_bytes_ = 0;
};

}  // namespace squire::vector
