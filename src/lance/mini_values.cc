#include "lance/mini_values.h"

#include <limits>

namespace squire::lance {

Result<void> MiniValues::Append(std::span<const Bytes> buffers, int64_t num_rows) {
  switch (encoding_.compression_case()) {
    case pb21::CompressiveEncoding::kFlat:
      TRY(AppendFlat(buffers[0], encoding_.flat().bits_per_value(), num_rows));
      break;
    case pb21::CompressiveEncoding::kVariable:
      TRY(AppendVariable(buffers[0], encoding_.variable().offsets().flat().bits_per_value(), num_rows));
      break;
    default: return Unsupported("a compression of small values that is not read yet");
  }
  num_rows_ += num_rows;
  return {};
}

Result<void> MiniValues::AppendFlat(Bytes values, uint64_t bits, int64_t num_rows) {
  if (bits == 0 || static_cast<int64_t>(bits) != type_.bit_width())
    return Corruption("values of " + std::to_string(bits) + " bits for " + type_.ToString());
  const uint64_t size = CeilDiv(bits * static_cast<uint64_t>(num_rows), 8);
  if (values.size() < size) return Corruption("a chunk holds fewer values than rows");
  if (bits % 8 != 0 && num_rows_ % 8 != 0) return Corruption("a chunk of bits begins within a byte");
  values_.insert(values_.end(), values.begin(), values.begin() + static_cast<ptrdiff_t>(size));
  return {};
}

/// Offsets count from the start of the buffer; the texts follow them.
Result<void> MiniValues::AppendVariable(Bytes values, uint64_t offset_bits, int64_t num_rows) {
  if (type_.bit_width() != 0) return Corruption("texts in a column of " + type_.ToString());
  if (offset_bits != 32 && offset_bits != 64)
    return Corruption("text offsets of " + std::to_string(offset_bits) + " bits");
  const uint64_t width = offset_bits / 8;
  const auto rows = static_cast<uint64_t>(num_rows);
  if (values.size() / width < rows + 1) return Corruption("a chunk holds fewer offsets than rows");
  const auto offset = [&](uint64_t at) -> uint64_t {
    return width == 4 ? Load<uint32_t>(values.data() + at * 4) : Load<uint64_t>(values.data() + at * 8);
  };
  const uint64_t begin = offset(0), end = offset(rows);
  if (begin > end || end > values.size()) return Corruption("a chunk's text offsets leave it");
  const int64_t base = static_cast<int64_t>(values_.size()) - static_cast<int64_t>(begin);
  for (uint64_t row = 1; row <= rows; row++) {
    const uint64_t at = offset(row);
    if (at < offset(row - 1)) return Corruption("a chunk's text offsets go back");
    offsets_.push_back(base + static_cast<int64_t>(at));
  }
  values_.insert(values_.end(), values.begin() + static_cast<ptrdiff_t>(begin),
                 values.begin() + static_cast<ptrdiff_t>(end));
  return {};
}

Result<Array> MiniValues::Finish(std::vector<uint8_t> validity) {
  Array out;
  out.type = type_;
  out.length = num_rows_;
  if (!validity.empty()) {
    std::vector<uint8_t> bits(CeilDiv(validity.size(), 8));
    for (size_t row = 0; row < validity.size(); row++)
      bits[row / 8] |= static_cast<uint8_t>(validity[row] << (row % 8));
    out.validity = Buffer::Of(std::move(bits));
  }
  if (type_.bit_width() > 0) {
    out.buffers.push_back(Buffer::Of(std::move(values_)));
    return out;
  }
  const bool wide = type_.id == TypeId::kLargeString || type_.id == TypeId::kLargeBinary;
  std::vector<uint8_t> offsets;
  offsets.reserve(offsets_.size() * (wide ? 8 : 4));
  for (int64_t offset : offsets_) {
    if (!wide && offset > std::numeric_limits<int32_t>::max())
      return OverBudget("over 2 GiB of text were read at once; read fewer rows");
    if (wide)
      Put<int64_t>(offsets, offset);
    else
      Put<int32_t>(offsets, static_cast<int32_t>(offset));
  }
  out.buffers = {Buffer::Of(std::move(offsets)), Buffer::Of(std::move(values_))};
  return out;
}

}  // namespace squire::lance
