#pragma once

/// Columns in memory, laid out as Arrow lays them out, so that they cross to other programs without a copy
/// (arrow.h). Arrays are immutable and cheap to copy: a copy shares the buffers.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "squire/result.h"
#include "squire/schema.h"

namespace squire {

/// Bytes that somebody owns: a pointer, a size, and what keeps them alive.
class Buffer {
 public:
  Buffer() = default;
  Buffer(std::shared_ptr<const void> owner, const uint8_t* data, size_t size_bytes)
      : owner_(std::move(owner)), data_(data), size_(size_bytes) {}
  /// Takes over the vector.
  static Buffer Of(std::vector<uint8_t> bytes);

  [[nodiscard]] const uint8_t* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::span<const uint8_t> span() const { return {data_, size_}; }
  [[nodiscard]] Buffer Slice(size_t offset, size_t size_bytes) const { return {owner_, data_ + offset, size_bytes}; }

 private:
  std::shared_ptr<const void> owner_;
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// One column, or a slice of one: rows [offset, offset + length) of its buffers.
///
/// Buffers by type: fixed width {values}; bool {bits}; string and binary {offsets[n+1] of 4 or 8 bytes, bytes};
/// lists {offsets[n+1]} with children[0] the items; fixed-size list and struct none of their own, only children. A
/// struct's children are sliced with it: row i of the struct is row i of each child, whatever the struct's offset.
/// `validity` holds one bit a row (1 = present) and is empty when no row is null.
struct Array {
  DataType type;
  int64_t length = 0;
  int64_t offset = 0;
  Buffer validity;
  std::vector<Buffer> buffers;
  std::vector<Array> children;

  [[nodiscard]] bool IsValid(int64_t row) const {
    if (validity.empty()) return type.id != TypeId::kNull;
    const int64_t bit = offset + row;
    return (validity.data()[bit >> 3] >> (bit & 7)) & 1;
  }
  [[nodiscard]] int64_t null_count() const;

  /// The values of a fixed-width array, `length` of them. REQUIRES: sizeof(T) is the type's width.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    return {reinterpret_cast<const T*>(buffers[0].data()) + offset, static_cast<size_t>(length)};
  }
  [[nodiscard]] bool Bit(int64_t row) const {
    const int64_t bit = offset + row;
    return (buffers[0].data()[bit >> 3] >> (bit & 7)) & 1;
  }
  /// Bytes of row `row` of a string or binary array (either offset width).
  [[nodiscard]] std::string_view Text(int64_t row) const {
    const char* bytes = reinterpret_cast<const char*>(buffers[1].data());
    const int64_t at = offset + row;
    if (type.id == TypeId::kLargeString || type.id == TypeId::kLargeBinary) {
      const auto* o = reinterpret_cast<const int64_t*>(buffers[0].data()) + at;
      return {bytes + o[0], static_cast<size_t>(o[1] - o[0])};
    }
    const auto* o = reinterpret_cast<const int32_t*>(buffers[0].data()) + at;
    return {bytes + o[0], static_cast<size_t>(o[1] - o[0])};
  }
  /// Row `row` of a fixed-size list of T. REQUIRES: sizeof(T) is the item's width.
  template <class T>
  [[nodiscard]] std::span<const T> Items(int64_t row) const {
    return children[0].values<T>().subspan(static_cast<size_t>((offset + row) * type.width),
                                           static_cast<size_t>(type.width));
  }

  /// Where list `row` begins among the items; ListStart(length) is where the last one ends.
  [[nodiscard]] int64_t ListStart(int64_t row) const {
    const size_t at = static_cast<size_t>(offset + row);
    if (type.id == TypeId::kLargeList) return reinterpret_cast<const int64_t*>(buffers[0].data())[at];
    return reinterpret_cast<const int32_t*>(buffers[0].data())[at];
  }
  /// The items of all lists of this array: first and one past the last.
  [[nodiscard]] std::pair<int64_t, int64_t> item_range() const;

  /// Rows [from, from + count), sharing the buffers.
  [[nodiscard]] Array Slice(int64_t from, int64_t count) const;
  /// Bytes that the rows take in memory, near enough to plan by.
  [[nodiscard]] int64_t byte_size() const;
};

/// Columns of equal length under a schema.
struct Batch {
  Schema schema;
  std::vector<Array> columns;
  int64_t num_rows = 0;

  [[nodiscard]] const Array* Find(std::string_view name) const;
  [[nodiscard]] Batch Slice(int64_t from, int64_t count) const;
};

/// Collects rows of one column. Not thread-safe.
class ArrayBuilder {
 public:
  /// REQUIRES: a null, bool, fixed-width, string or binary type, or a fixed-size list of a fixed-width type.
  explicit ArrayBuilder(DataType type);

  void AppendNull();
  void AppendText(std::string_view text);
  void AppendBool(bool value);
  /// One fixed-width value. REQUIRES: sizeof(T) is the type's width.
  template <class T>
  void Append(T value) {
    AppendBytes(&value, sizeof(T));
  }
  /// All items of one fixed-size list. REQUIRES: items.size() is the list's size.
  template <class T>
  void AppendItems(std::span<const T> items) {
    AppendBytes(items.data(), items.size_bytes());
  }
  /// The raw bytes of one fixed-width value. REQUIRES: `size_bytes` is the type's width.
  void AppendBytes(const void* bytes, size_t size_bytes);
  /// Row `row` of `from`, null or not. REQUIRES: `from` has this type.
  void AppendFrom(const Array& from, int64_t row);

  [[nodiscard]] int64_t length() const { return length_; }
  /// Bytes of values collected so far.
  [[nodiscard]] size_t byte_size() const { return data_.size() + offsets_.size() * sizeof(int64_t); }
  /// The array; the builder is empty again. ERRORS: OverBudget when 32-bit offsets do not reach.
  [[nodiscard]] Result<Array> Finish();

 private:
  void MarkValid(bool valid);
  void AppendItemValidity(const Array& items, int64_t first_item);

  DataType type_;
  int64_t length_ = 0;
  int64_t nulls_ = 0;
  std::vector<uint8_t> validity_;
  std::vector<uint8_t> item_validity_;  // of a fixed-size list: a byte an item, from the first null item on
  std::vector<int64_t> offsets_;
  std::vector<uint8_t> data_;
};

/// Rows of `arrays`, one after the other. REQUIRES: at least one array, all of one type.
/// ERRORS: OverBudget when 32-bit offsets do not reach.
Result<Array> Concatenate(std::span<const Array> arrays);

/// An array of `count` rows that are all null.
Result<Array> NullArray(const DataType& type, int64_t count);

/// Rows `rows` of `array`, in that order.
Result<Array> TakeRows(const Array& array, std::span<const int64_t> rows);

/// An array of UTF-8 strings without nulls.
Array StringArray(std::span<const std::string_view> values);

}  // namespace squire
