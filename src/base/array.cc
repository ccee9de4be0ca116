#include "squire/array.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/bits.h"
#include "base/bytes.h"
#include "base/type_kinds.h"

namespace squire {

Buffer Buffer::Of(std::vector<uint8_t> bytes) {
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  const uint8_t* data = owner->data();
  const size_t size = owner->size();
  return {std::move(owner), data, size};
}

int64_t Array::null_count() const {
  if (type.id == TypeId::kNull) return length;
  if (validity.empty()) return 0;
  int64_t valid = 0, row = 0;
  for (; row < length && ((offset + row) & 7) != 0; row++) valid += IsValid(row);
  const uint8_t* bytes = validity.data() + ((offset + row) >> 3);
  for (; row + 64 <= length; row += 64, bytes += 8) valid += std::popcount(Load<uint64_t>(bytes));
  for (; row < length; row++) valid += IsValid(row);
  return length - valid;
}

Array Array::Slice(int64_t from, int64_t count) const {
  Array out = *this;
  out.offset += from;
  out.length = count;
  if (type.id == TypeId::kStruct) {
    for (Array& child : out.children) child = child.Slice(from, count);
    // A struct's children are sliced with it; only its validity is addressed through the offset.
  }
  return out;
}

std::pair<int64_t, int64_t> Array::item_range() const {
  if (length == 0) return {0, 0};
  return {ListStart(0), ListStart(length)};
}

int64_t Array::byte_size() const {
  int64_t bytes = validity.empty() ? 0 : length / 8;
  if (IsText(type.id)) {
    const int64_t entry = HasWideOffsets(type.id) ? 8 : 4;
    bytes += length * entry;
    if (length > 0) bytes += Text(length - 1).end() - Text(0).begin();
  } else if (type.id == TypeId::kFixedSizeList) {
    bytes += length * std::max<int64_t>(1, type.bit_width() / 8);
  } else if (type.id == TypeId::kList || type.id == TypeId::kLargeList) {
    const auto [first, last] = item_range();
    bytes += length * (type.id == TypeId::kLargeList ? 8 : 4);
    if (children[0].length > 0) bytes += children[0].byte_size() / children[0].length * (last - first);
  } else if (!children.empty()) {
    for (const Array& child : children) bytes += child.byte_size();
  } else {
    bytes += length * type.bit_width() / 8;
  }
  return bytes;
}

const Array* Batch::Find(std::string_view name) const {
  const int at = schema.Find(name);
  return at < 0 ? nullptr : &columns[static_cast<size_t>(at)];
}

Batch Batch::Slice(int64_t from, int64_t count) const {
  Batch out{schema, {}, count};
  out.columns.reserve(columns.size());
  for (const Array& column : columns) out.columns.push_back(column.Slice(from, count));
  return out;
}

ArrayBuilder::ArrayBuilder(DataType type) : type_(std::move(type)) {
  if (IsText(type_.id)) offsets_.push_back(0);
}

void ArrayBuilder::MarkValid(bool valid) {
  // The bitmap begins with the first null; a column without nulls never has one.
  if (!valid && nulls_++ == 0) {
    validity_.assign(static_cast<size_t>(length_ / 8 + 1), 0xff);
    validity_.back() = static_cast<uint8_t>((1u << (length_ & 7)) - 1);
  } else if (nulls_ > 0) {
    if (static_cast<size_t>(length_ / 8) == validity_.size()) validity_.push_back(0);
    if (valid) validity_[static_cast<size_t>(length_ >> 3)] |= static_cast<uint8_t>(1u << (length_ & 7));
  }
  length_++;
}

void ArrayBuilder::AppendNull() {
  if (IsText(type_.id)) {
    offsets_.push_back(offsets_.back());
  } else if (type_.id == TypeId::kBool) {
    if ((length_ & 7) == 0) data_.push_back(0);
  } else {
    data_.resize(data_.size() + static_cast<size_t>(type_.bit_width() / 8));
  }
  MarkValid(false);
}

void ArrayBuilder::AppendText(std::string_view text) {
  data_.insert(data_.end(), text.begin(), text.end());
  offsets_.push_back(static_cast<int64_t>(data_.size()));
  MarkValid(true);
}

void ArrayBuilder::AppendBool(bool value) {
  if ((length_ & 7) == 0) data_.push_back(0);
  if (value) data_.back() |= static_cast<uint8_t>(1u << (length_ & 7));
  MarkValid(true);
}

void ArrayBuilder::AppendBytes(const void* bytes, size_t size_bytes) {
  const auto* raw = static_cast<const uint8_t*>(bytes);
  data_.insert(data_.end(), raw, raw + size_bytes);
  MarkValid(true);
}

void ArrayBuilder::AppendFrom(const Array& from, int64_t row) {
  if (!from.IsValid(row)) return AppendNull();
  if (IsText(type_.id)) return AppendText(from.Text(row));
  if (type_.id == TypeId::kBool) return AppendBool(from.Bit(row));
  const size_t width = static_cast<size_t>(type_.bit_width() / 8);
  if (type_.id != TypeId::kFixedSizeList)
    return AppendBytes(from.buffers[0].data() + static_cast<size_t>(from.offset + row) * width, width);
  const Array& items = from.children[0];
  const int64_t first = (from.offset + row) * type_.width;
  AppendItemValidity(items, first);
  const size_t item_width = width / static_cast<size_t>(std::max(1, type_.width));
  AppendBytes(items.buffers[0].data() + static_cast<size_t>(items.offset + first) * item_width, width);
}

void ArrayBuilder::AppendItemValidity(const Array& items, int64_t first_item) {
  if (items.validity.empty() && item_validity_.empty()) return;
  item_validity_.resize(static_cast<size_t>(length_ * type_.width), 1);
  for (int64_t i = 0; i < type_.width; i++) item_validity_.push_back(items.IsValid(first_item + i));
}

Buffer PackBits(std::span<const uint8_t> bytes) {
  std::vector<uint8_t> bits(CeilDiv(bytes.size(), 8));
  for (size_t i = 0; i < bytes.size(); i++) bits[i / 8] |= static_cast<uint8_t>((bytes[i] & 1) << (i % 8));
  return Buffer::Of(std::move(bits));
}

Result<Array> ArrayBuilder::Finish() {
  Array out;
  out.type = type_;
  out.length = length_;
  if (nulls_ > 0) out.validity = Buffer::Of(std::move(validity_));
  if (type_.id == TypeId::kFixedSizeList) {
    Array items;
    items.type = type_.children[0].type;
    items.length = length_ * type_.width;
    if (!item_validity_.empty()) {
      item_validity_.resize(static_cast<size_t>(items.length), 1);
      items.validity = PackBits(item_validity_);
    }
    items.buffers.push_back(Buffer::Of(std::move(data_)));
    out.children.push_back(std::move(items));
  } else if (IsText(type_.id)) {
    std::vector<uint8_t> offsets;
    if (HasWideOffsets(type_.id)) {
      offsets.resize(offsets_.size() * 8);
      std::memcpy(offsets.data(), offsets_.data(), offsets.size());
    } else {
      if (offsets_.back() > std::numeric_limits<int32_t>::max())
        return OverBudget("a batch of strings holds over 2 GiB; use large_string or smaller batches");
      offsets.resize(offsets_.size() * 4);
      for (size_t i = 0; i < offsets_.size(); i++) Store(offsets.data() + 4 * i, static_cast<int32_t>(offsets_[i]));
    }
    out.buffers = {Buffer::Of(std::move(offsets)), Buffer::Of(std::move(data_))};
  } else if (type_.id != TypeId::kNull) {
    out.buffers.push_back(Buffer::Of(std::move(data_)));
  }
  *this = ArrayBuilder(type_);
  return out;
}

Array StringArray(std::span<const std::string_view> values) {
  DataType type(TypeId::kLargeString);
  int64_t bytes = 0;
  for (std::string_view value : values) bytes += static_cast<int64_t>(value.size());
  if (bytes <= std::numeric_limits<int32_t>::max()) type = TypeId::kString;
  ArrayBuilder builder(std::move(type));
  for (std::string_view value : values) builder.AppendText(value);
  return std::move(builder.Finish()).take();
}

}  // namespace squire
