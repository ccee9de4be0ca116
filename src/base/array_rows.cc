// Putting arrays together and picking rows out of them, for every type. The recursion follows the type, whose depth is
// limited where schemas are made.

#include <algorithm>
#include <limits>

#include "base/bits.h"
#include "base/bytes.h"
#include "base/try.h"
#include "base/type_kinds.h"
#include "squire/array.h"

namespace squire {
namespace {

bool IsWholeBytes(const DataType& type) { return type.bit_width() > 0 && type.bit_width() % 8 == 0; }

void SetBit(uint8_t* bits, int64_t at) { bits[at >> 3] |= static_cast<uint8_t>(1u << (at & 7)); }

/// Offsets of texts or lists, 32 or 64 bits wide, beginning with 0.
class OffsetsOut {
 public:
  OffsetsOut(bool wide, int64_t rows) : wide_(wide) {
    bytes_.reserve(static_cast<size_t>(rows + 1) * (wide ? 8 : 4)), Put(0);
  }
  Result<void> Append(int64_t size) {
    end_ += size;
    if (!wide_ && end_ > std::numeric_limits<int32_t>::max())
      return OverBudget("over 2^31 bytes of text, or list items, in one batch; read fewer rows or use the large type");
    Put(end_);
    return {};
  }
  Buffer Finish() { return Buffer::Of(std::move(bytes_)); }

 private:
  void Put(int64_t value) {
    if (wide_)
      squire::Put<int64_t>(bytes_, value);
    else
      squire::Put<int32_t>(bytes_, static_cast<int32_t>(value));
  }
  bool wide_;
  int64_t end_ = 0;
  std::vector<uint8_t> bytes_;
};

int64_t EntryStart(const Array& array, int64_t row) {
  const auto at = static_cast<size_t>(array.offset + row);
  if (HasWideOffsets(array.type.id)) return reinterpret_cast<const int64_t*>(array.buffers[0].data())[at];
  return reinterpret_cast<const int32_t*>(array.buffers[0].data())[at];
}

/// First byte of row 0 of a type of whole bytes.
const uint8_t* FixedData(const Array& array) {
  const auto width = array.type.bit_width() / 8;
  if (array.type.id != TypeId::kFixedSizeList) return array.buffers[0].data() + array.offset * width;
  const Array& items = array.children[0];
  return FixedData(items) + array.offset * width;
}

/// A fixed-size list of plain items of whole bytes, none of them null: its rows are runs of bytes.
bool IsPlainFixed(const Array& array) {
  if (array.type.id != TypeId::kFixedSizeList) return IsWholeBytes(array.type);
  return IsWholeBytes(array.type) && array.children[0].validity.empty() && IsPlainFixed(array.children[0]);
}

/// `bytes` as `rows` values of `type`, without nulls.
Array FixedArray(const DataType& type, int64_t rows, Buffer bytes) {
  Array out;
  out.type = type;
  out.length = rows;
  if (type.id == TypeId::kFixedSizeList)
    out.children.push_back(FixedArray(type.children[0].type, rows * type.width, std::move(bytes)));
  else
    out.buffers.push_back(std::move(bytes));
  return out;
}

Array Empty(const DataType& type) {
  Array out;
  out.type = type;
  return out;
}

Result<void> ConcatenateTexts(std::span<const Array> arrays, Array& out) {
  OffsetsOut offsets(HasWideOffsets(out.type.id), out.length);
  size_t total = 0;
  for (const Array& a : arrays)
    if (a.length > 0) total += static_cast<size_t>(EntryStart(a, a.length) - EntryStart(a, 0));
  std::vector<uint8_t> bytes;
  bytes.reserve(total);
  for (const Array& a : arrays) {
    if (a.length == 0) continue;
    const uint8_t* data = a.buffers[1].data();
    bytes.insert(bytes.end(), data + EntryStart(a, 0), data + EntryStart(a, a.length));
    for (int64_t row = 0; row < a.length; row++) TRY(offsets.Append(EntryStart(a, row + 1) - EntryStart(a, row)));
  }
  out.buffers = {offsets.Finish(), Buffer::Of(std::move(bytes))};
  return {};
}

Result<void> ConcatenateLists(std::span<const Array> arrays, Array& out) {
  OffsetsOut offsets(HasWideOffsets(out.type.id), out.length);
  std::vector<Array> items;
  for (const Array& a : arrays) {
    const auto [first, last] = a.item_range();
    items.push_back(a.children[0].Slice(first, last - first));
    for (int64_t row = 0; row < a.length; row++) TRY(offsets.Append(a.ListStart(row + 1) - a.ListStart(row)));
  }
  out.buffers = {offsets.Finish()};
  out.children.push_back(TRY(Concatenate(items)));
  return {};
}

void ConcatenateBits(std::span<const Array> arrays, Array& out) {
  std::vector<uint8_t> bits(CeilDiv(static_cast<uint64_t>(out.length), 8));
  int64_t at = 0;
  for (const Array& a : arrays)
    for (int64_t row = 0; row < a.length; row++, at++)
      if (a.Bit(row)) SetBit(bits.data(), at);
  out.buffers = {Buffer::Of(std::move(bits))};
}

Buffer ConcatenateValidity(std::span<const Array> arrays, int64_t total) {
  if (std::ranges::all_of(arrays, [](const Array& a) { return a.validity.empty(); })) return {};
  std::vector<uint8_t> bits(CeilDiv(static_cast<uint64_t>(total), 8));
  int64_t at = 0;
  for (const Array& a : arrays)
    for (int64_t row = 0; row < a.length; row++, at++)
      if (a.IsValid(row)) SetBit(bits.data(), at);
  return Buffer::Of(std::move(bits));
}

Result<void> ConcatenateChildren(std::span<const Array> arrays, Array& out) {
  for (size_t child = 0; child < out.type.children.size(); child++) {
    std::vector<Array> parts;
    for (const Array& a : arrays) {
      const bool fixed = a.type.id == TypeId::kFixedSizeList;
      parts.push_back(fixed ? a.children[child].Slice(a.offset * a.type.width, a.length * a.type.width)
                            : a.children[child].Slice(0, a.length));
    }
    out.children.push_back(TRY(Concatenate(parts)));
  }
  return {};
}

Buffer TakeValidity(const Array& array, std::span<const int64_t> rows) {
  if (array.validity.empty()) return {};
  std::vector<uint8_t> bits(CeilDiv(rows.size(), 8));
  bool any_null = false;
  for (size_t i = 0; i < rows.size(); i++) {
    if (array.IsValid(rows[i]))
      SetBit(bits.data(), static_cast<int64_t>(i));
    else
      any_null = true;
  }
  return any_null ? Buffer::Of(std::move(bits)) : Buffer();
}

Buffer TakeFixed(const Array& array, std::span<const int64_t> rows) {
  const auto width = static_cast<size_t>(array.type.bit_width() / 8);
  const uint8_t* data = FixedData(array);
  std::vector<uint8_t> bytes;
  bytes.reserve(rows.size() * width);
  for (int64_t row : rows) {
    const uint8_t* from = data + static_cast<size_t>(row) * width;
    bytes.insert(bytes.end(), from, from + width);
  }
  return Buffer::Of(std::move(bytes));
}

Result<void> TakeTexts(const Array& array, std::span<const int64_t> rows, Array& out) {
  OffsetsOut offsets(HasWideOffsets(out.type.id), out.length);
  std::vector<uint8_t> bytes;
  for (int64_t row : rows) {
    const std::string_view text = array.Text(row);
    bytes.insert(bytes.end(), text.begin(), text.end());
    TRY(offsets.Append(std::ssize(text)));
  }
  out.buffers = {offsets.Finish(), Buffer::Of(std::move(bytes))};
  return {};
}

/// The rows of the items that rows `rows` of a list hold.
Result<void> TakeLists(const Array& array, std::span<const int64_t> rows, Array& out) {
  std::vector<int64_t> items;
  if (array.type.id == TypeId::kFixedSizeList) {
    for (int64_t row : rows)
      for (int64_t i = 0; i < array.type.width; i++) items.push_back((array.offset + row) * array.type.width + i);
  } else {
    OffsetsOut offsets(HasWideOffsets(out.type.id), out.length);
    for (int64_t row : rows) {
      for (int64_t item = array.ListStart(row); item < array.ListStart(row + 1); item++) items.push_back(item);
      TRY(offsets.Append(array.ListStart(row + 1) - array.ListStart(row)));
    }
    out.buffers = {offsets.Finish()};
  }
  out.children.push_back(TRY(TakeRows(array.children[0], items)));
  return {};
}

}  // namespace

Result<Array> Concatenate(std::span<const Array> arrays) {
  if (arrays.size() == 1) return arrays[0];
  Array out = Empty(arrays[0].type);
  bool plain = true;
  for (const Array& a : arrays) {
    out.length += a.length;
    plain = plain && IsPlainFixed(a);
  }
  if (plain) {
    const auto width = static_cast<size_t>(out.type.bit_width() / 8);
    std::vector<uint8_t> bytes;
    bytes.reserve(static_cast<size_t>(out.length) * width);
    for (const Array& a : arrays) {
      if (a.length == 0) continue;
      const uint8_t* from = FixedData(a);
      bytes.insert(bytes.end(), from, from + static_cast<size_t>(a.length) * width);
    }
    out = FixedArray(out.type, out.length, Buffer::Of(std::move(bytes)));
  } else if (IsText(out.type.id)) {
    TRY(ConcatenateTexts(arrays, out));
  } else if (IsList(out.type.id)) {
    TRY(ConcatenateLists(arrays, out));
  } else if (out.type.id == TypeId::kBool) {
    ConcatenateBits(arrays, out);
  } else {
    TRY(ConcatenateChildren(arrays, out));
  }
  out.validity = ConcatenateValidity(arrays, out.length);
  return out;
}

Result<Array> TakeRows(const Array& array, std::span<const int64_t> rows) {
  Array out = Empty(array.type);
  out.length = std::ssize(rows);
  if (IsPlainFixed(array)) {
    out = FixedArray(array.type, out.length, TakeFixed(array, rows));
  } else if (IsText(array.type.id)) {
    TRY(TakeTexts(array, rows, out));
  } else if (IsList(array.type.id) || array.type.id == TypeId::kFixedSizeList) {
    TRY(TakeLists(array, rows, out));
  } else if (array.type.id == TypeId::kStruct) {
    for (const Array& child : array.children) out.children.push_back(TRY(TakeRows(child, rows)));
  } else if (array.type.id == TypeId::kBool) {
    std::vector<uint8_t> bits(CeilDiv(rows.size(), 8));
    for (size_t i = 0; i < rows.size(); i++)
      if (array.Bit(rows[i])) SetBit(bits.data(), static_cast<int64_t>(i));
    out.buffers = {Buffer::Of(std::move(bits))};
  }
  out.validity = TakeValidity(array, rows);
  return out;
}

Result<Array> NullArray(const DataType& type, int64_t count) {
  if (type.id == TypeId::kUnknown) return Unsupported("columns of type " + type.ToString() + " are not read");
  Array out = Empty(type);
  out.length = count;
  if (type.id == TypeId::kNull) return out;
  const auto zeros = [](int64_t bytes) { return Buffer::Of(std::vector<uint8_t>(static_cast<size_t>(bytes))); };
  out.validity = zeros((count + 7) / 8);
  if (IsText(type.id) || IsList(type.id)) out.buffers.push_back(zeros((count + 1) * (HasWideOffsets(type.id) ? 8 : 4)));
  if (IsText(type.id)) out.buffers.push_back(Buffer());
  if (type.id == TypeId::kFixedSizeList || type.id == TypeId::kStruct || IsList(type.id)) {
    const int64_t items = IsList(type.id) ? 0 : type.id == TypeId::kStruct ? count : count * type.width;
    for (const Field& child : type.children) out.children.push_back(TRY(NullArray(child.type, items)));
  } else if (!IsText(type.id)) {
    out.buffers.push_back(zeros((count * type.bit_width() + 7) / 8));
  }
  return out;
}

}  // namespace squire
