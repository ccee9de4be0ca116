#pragma once

/// The codes of a partition's rows as searches want them, in two pieces of aligned memory: signs, which are looked at
/// of every row, and all else, which is looked at of few.

#include "base/allocate.h"
#include "index/vector/ivf_files.h"

namespace squire::vector {

/// Signs in blocks of 32 rows, and what makes estimates of them. Immutable. Rows are padded to whole blocks; padding is
/// infinitely far.
class SignBlocks {
 public:
  SignBlocks() = default;
  /// Of as many rows as there are factors. `origin`, if it is not empty, is the point that queries and centers are
  /// measured from, Origin::Rotated. ERRORS: OverBudget when memory cannot be had.
  static Result<SignBlocks> Of(const SignRows& rows, const CodeShape& shape, std::span<const float> origin = {});

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t blocks() const { return (size_ + 31) / 32; }
  [[nodiscard]] size_t memory_bytes() const { return memory_.size(); }
  [[nodiscard]] const uint8_t* signs() const { return memory_.data(); }
  [[nodiscard]] const float* scale() const { return At(scale_); }
  [[nodiscard]] const float* add() const { return At(add_); }
  [[nodiscard]] const float* error() const { return At(error_); }

 private:
  [[nodiscard]] const float* At(size_t offset) const { return reinterpret_cast<const float*>(memory_.data() + offset); }

  size_t size_ = 0, scale_ = 0, add_ = 0, error_ = 0;
  OwnedBytes memory_;
};

/// The addresses of rows, and their whole codes row by row. Immutable.
class RowCodes {
 public:
  RowCodes() = default;
  /// Of the rows of `signs`; `origin` as there. ERRORS: OverBudget when memory cannot be had.
  static Result<RowCodes> Of(const SignBlocks& signs, const MagnitudeRows& rows, const CodeShape& shape,
                             std::span<const float> origin = {});

  [[nodiscard]] size_t memory_bytes() const { return memory_.size(); }
  [[nodiscard]] uint64_t address(size_t row) const { return Load<uint64_t>(memory_.data() + 8 * row); }
  /// The signs of a row in whole groups, and behind them its magnitudes.
  [[nodiscard]] const uint8_t* code(size_t row) const { return memory_.data() + codes_ + row * code_bytes_; }
  [[nodiscard]] float scale(size_t row) const { return Load<float>(memory_.data() + scale_ + 4 * row); }
  [[nodiscard]] float add(size_t row) const { return Load<float>(memory_.data() + add_ + 4 * row); }

 private:
  size_t code_bytes_ = 0, scale_ = 0, add_ = 0, codes_ = 0;
  OwnedBytes memory_;
};

struct Partition {
  SignBlocks signs;
  RowCodes codes;
  Centers center;  ///< one, measured from the index's origin
  /// ERRORS: OverBudget when memory cannot be had.
  static Result<Partition> Of(const CodeRows& rows, const CodeShape& shape, std::span<const float> origin = {});
};

}  // namespace squire::vector
