#include "index/vector/partition.h"

#include <cstring>
#include <limits>

#include "index/vector/code_layout.h"

namespace squire::vector {
namespace {

constexpr size_t kAlignment = 64;

}  // namespace

Result<Partition> Partition::Of(const CodeRows& rows, const CodeShape& shape) {
  Partition out;
  out.size_ = rows.size();
  const size_t count = out.size_, padded = out.blocks() * kBlockRows, sign_stride = 8 * shape.groups();
  out.code_bytes_ = sign_stride + shape.extra_bytes();
  size_t end = 0;
  const auto place = [&end](size_t bytes) {
    const size_t at = end;
    end = RoundUp(end + bytes, kAlignment);
    return at;
  };
  place(padded * shape.sign_bytes());
  out.scale_ = place(padded * sizeof(float));
  out.add_ = place(padded * sizeof(float));
  out.error_ = place(padded * sizeof(float));
  out.addresses_ = place(count * sizeof(uint64_t));
  out.scale_extra_ = place(count * sizeof(float));
  out.add_extra_ = place(count * sizeof(float));
  out.codes_ = place(count * out.code_bytes_);
  out.memory_bytes_ = end;
  out.memory_ = TRY(OwnedBytes::Allocate(end));
  uint8_t* memory = out.memory_.data();
  std::memset(memory, 0, end);
  const auto put = [&](size_t offset, const auto& values) {
    if (count > 0) std::memcpy(memory + offset, values.data(), count * sizeof(values[0]));
  };
  SignsToBlocks(rows.signs, shape.sign_bytes(), memory);
  put(out.scale_, rows.scale);
  put(out.add_, rows.add);
  put(out.error_, rows.error);
  for (size_t row = count; row < padded; row++)
    Store(memory + out.add_ + row * sizeof(float), std::numeric_limits<float>::quiet_NaN());
  put(out.addresses_, rows.addresses);
  put(out.scale_extra_, rows.scale_extra);
  put(out.add_extra_, rows.add_extra);
  for (size_t row = 0; row < count; row++) {
    uint8_t* code = memory + out.codes_ + row * out.code_bytes_;
    std::memcpy(code, rows.signs.data() + row * shape.sign_bytes(), shape.sign_bytes());
    if (shape.extra_bytes() > 0)
      std::memcpy(code + sign_stride, rows.extra.data() + row * shape.extra_bytes(), shape.extra_bytes());
  }
  return out;
}

}  // namespace squire::vector
