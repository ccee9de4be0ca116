#pragma once

/// Partition: the codes of a partition's rows as searches want them, in one piece of aligned memory.

#include "base/allocate.h"
#include "index/vector/ivf_files.h"

namespace squire::vector {

/// Immutable. Rows are padded to whole blocks of 32; padding is infinitely far.
class Partition {
 public:
  Partition() = default;
  /// ERRORS: OverBudget when memory cannot be had.
  static Result<Partition> Of(const CodeRows& rows, const CodeShape& shape);

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t blocks() const { return (size_ + 31) / 32; }
  [[nodiscard]] size_t memory_bytes() const { return memory_bytes_; }
  [[nodiscard]] const uint8_t* sign_blocks() const { return memory_.data(); }
  [[nodiscard]] const float* scale() const { return At<float>(scale_); }
  [[nodiscard]] const float* add() const { return At<float>(add_); }
  [[nodiscard]] const float* error() const { return At<float>(error_); }
  [[nodiscard]] uint64_t address(size_t row) const { return At<uint64_t>(addresses_)[row]; }
  /// The signs of a row in whole groups, and behind them its magnitudes.
  [[nodiscard]] const uint8_t* code(size_t row) const { return memory_.data() + codes_ + row * code_bytes_; }
  [[nodiscard]] float scale_extra(size_t row) const { return At<float>(scale_extra_)[row]; }
  [[nodiscard]] float add_extra(size_t row) const { return At<float>(add_extra_)[row]; }

 private:
  template <class T>
  [[nodiscard]] const T* At(size_t offset) const {
    return reinterpret_cast<const T*>(memory_.data() + offset);
  }

  size_t size_ = 0, code_bytes_ = 0, memory_bytes_ = 0;
  size_t scale_ = 0, add_ = 0, error_ = 0, addresses_ = 0, codes_ = 0, scale_extra_ = 0, add_extra_ = 0;
  OwnedBytes memory_;
};

}  // namespace squire::vector
