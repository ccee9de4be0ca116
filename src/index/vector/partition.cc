#include "index/vector/partition.h"

#include <cstring>
#include <limits>
#include <numeric>

#include "index/vector/code_layout.h"

namespace squire::vector {
namespace {

constexpr size_t kAlignment = 64;

/// Where parts of a piece of memory begin.
class Layout {
 public:
  size_t Place(size_t bytes) {
    const size_t at = end_;
    end_ = RoundUp(end_ + bytes, kAlignment);
    return at;
  }
  [[nodiscard]] size_t end() const { return end_; }

 private:
  size_t end_ = 0;
};

template <class T>
void Put(std::span<const T> values, uint8_t* to) {
  if (!values.empty()) std::memcpy(to, values.data(), values.size_bytes());
}

/// Adds to the terms of rows what their codes' products with `origin` come to, as if all had been measured from there.
/// Codes are `stride` bytes apart: signs in whole groups, and behind them `bits` of magnitudes.
void MoveTerms(std::span<const float> origin, const uint8_t* codes, size_t stride, const CodeShape& shape,
               unsigned bits, std::span<const float> scale, uint8_t* add) {
  const simd::Kernels& kernels = simd::ActiveKernels();
  const float total = std::accumulate(origin.begin(), origin.end(), 0.0f);
  for (size_t row = 0; row < scale.size(); row++) {
    const uint8_t* code = codes + row * stride;
    const float dot = kernels.code_dot(origin.data(), code, code + 8 * shape.groups(), bits, shape.groups());
    const float product = dot - (static_cast<float>(1u << bits) - 0.5f) * total;
    Store(add + row * sizeof(float), Load<float>(add + row * sizeof(float)) + scale[row] * product);
  }
}

}  // namespace

Result<SignBlocks> SignBlocks::Of(const SignRows& rows, const CodeShape& shape, std::span<const float> origin) {
  SignBlocks out;
  out.size_ = rows.add.size();
  const size_t count = out.size_, padded = out.blocks() * kBlockRows;
  Layout layout;
  layout.Place(padded * shape.sign_bytes());
  out.scale_ = layout.Place(padded * sizeof(float));
  out.add_ = layout.Place(padded * sizeof(float));
  out.error_ = layout.Place(padded * sizeof(float));
  out.memory_ = TRY(OwnedBytes::Allocate(layout.end()));
  uint8_t* memory = out.memory_.data();
  SignsFileToBlocks(rows.packed, shape.sign_bytes(), memory);
  for (const auto& [offset, values] :
       {std::pair(out.scale_, rows.scale), {out.add_, rows.add}, {out.error_, rows.error}}) {
    Put(values, memory + offset);
    std::memset(memory + offset + count * sizeof(float), 0, (padded - count) * sizeof(float));
  }
  if (!origin.empty()) {
    const size_t stride = 8 * shape.groups();
    std::vector<uint8_t> signs(count * stride);
    SignsFromBlocks(memory, count, shape.sign_bytes(), stride, signs.data());
    MoveTerms(origin, signs.data(), stride, shape, 0, rows.scale, memory + out.add_);
  }
  for (size_t row = count; row < padded; row++)
    Store(memory + out.add_ + row * sizeof(float), std::numeric_limits<float>::quiet_NaN());
  return out;
}

Result<RowCodes> RowCodes::Of(const SignBlocks& signs, const MagnitudeRows& rows, const CodeShape& shape,
                              std::span<const float> origin) {
  RowCodes out;
  const size_t count = signs.size(), sign_stride = 8 * shape.groups();
  out.code_bytes_ = sign_stride + shape.extra_bytes();
  Layout layout;
  layout.Place(count * sizeof(uint64_t));
  out.scale_ = layout.Place(count * sizeof(float));
  out.add_ = layout.Place(count * sizeof(float));
  out.codes_ = layout.Place(count * out.code_bytes_);
  out.memory_ = TRY(OwnedBytes::Allocate(layout.end()));
  uint8_t* memory = out.memory_.data();
  Put(rows.addresses, memory);
  Put(rows.scale, memory + out.scale_);
  Put(rows.add, memory + out.add_);
  std::memset(memory + out.codes_, 0, count * out.code_bytes_);
  uint8_t* codes = memory + out.codes_;
  SignsFromBlocks(signs.signs(), count, shape.sign_bytes(), out.code_bytes_, codes);
  for (size_t row = 0; row < count && shape.extra_bytes() > 0; row++)
    std::memcpy(codes + row * out.code_bytes_ + sign_stride, rows.extra.data() + row * shape.extra_bytes(),
                shape.extra_bytes());
  if (!origin.empty())
    MoveTerms(origin, codes, out.code_bytes_, shape, shape.extra_bits(), rows.scale, memory + out.add_);
  return out;
}

Result<Partition> Partition::Of(const CodeRows& rows, const CodeShape& shape, std::span<const float> origin) {
  Partition out;
  std::vector<uint8_t> packed(rows.signs.size());
  SignsToFile(rows.signs, shape.sign_bytes(), packed.data());
  out.signs = TRY(SignBlocks::Of({packed, rows.add, rows.scale, rows.error}, shape, origin));
  out.codes =
      TRY(RowCodes::Of(out.signs, {rows.addresses, rows.extra, rows.add_extra, rows.scale_extra}, shape, origin));
  return out;
}

}  // namespace squire::vector
