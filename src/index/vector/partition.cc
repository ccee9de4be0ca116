#include "index/vector/partition.h"

#include <cstring>
#include <limits>

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

}  // namespace

Result<SignBlocks> SignBlocks::Of(const SignRows& rows, const CodeShape& shape) {
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
  for (size_t row = count; row < padded; row++)
    Store(memory + out.add_ + row * sizeof(float), std::numeric_limits<float>::quiet_NaN());
  return out;
}

Result<RowCodes> RowCodes::Of(const SignBlocks& signs, const MagnitudeRows& rows, const CodeShape& shape) {
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
  if (shape.extra_bytes() == 0) return out;
  for (size_t row = 0; row < count; row++)
    std::memcpy(codes + row * out.code_bytes_ + sign_stride, rows.extra.data() + row * shape.extra_bytes(),
                shape.extra_bytes());
  return out;
}

Result<Partition> Partition::Of(const CodeRows& rows, const CodeShape& shape) {
  Partition out;
  std::vector<uint8_t> packed(rows.signs.size());
  SignsToFile(rows.signs, shape.sign_bytes(), packed.data());
  out.signs = TRY(SignBlocks::Of({packed, rows.add, rows.scale, rows.error}, shape));
  out.codes = TRY(RowCodes::Of(out.signs, {rows.addresses, rows.extra, rows.add_extra, rows.scale_extra}, shape));
  return out;
}

}  // namespace squire::vector
