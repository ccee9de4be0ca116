#pragma once

/// Column types and schemas. A type is what Arrow calls it; Lance's own names for the same types are in src/lance.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace squire {

enum class TypeId : uint8_t {
  kNull,
  kBool,  ///< one bit a value, least significant first
  kInt8,
  kUInt8,
  kInt16,
  kUInt16,
  kInt32,
  kUInt32,
  kInt64,
  kUInt64,
  kHalfFloat,
  kFloat,
  kDouble,
  kDate32,       ///< int32 days since 1970-01-01
  kDate64,       ///< int64 milliseconds since 1970-01-01
  kTime32,       ///< int32 since midnight, in `unit`
  kTime64,       ///< int64 since midnight, in `unit`
  kTimestamp,    ///< int64 since 1970-01-01 UTC, in `unit`; `zone` is for display, empty = local
  kDuration,     ///< int64 in `unit`
  kDecimal128,   ///< 16-byte two's complement, `precision` digits, `scale` of them after the point
  kDecimal256,   ///< the same in 32 bytes
  kFixedBinary,  ///< `width` bytes
  kString,       ///< UTF-8, 32-bit offsets
  kLargeString,  ///< UTF-8, 64-bit offsets
  kBinary,
  kLargeBinary,
  kFixedSizeList,  ///< `width` items of children[0]
  kList,
  kLargeList,
  kStruct,
  kUnknown,  ///< a type that this build does not read; `unit` is its name in the table
};

struct Field;

struct DataType {
  TypeId id = TypeId::kNull;
  int32_t width = 0;            ///< items of a fixed-size list, bytes of a fixed binary
  std::string unit;             ///< "s", "ms", "us" or "ns"; of kUnknown its name
  std::string zone;             ///< of a timestamp
  int32_t precision = 0;        ///< of a decimal
  int32_t scale = 0;            ///< of a decimal
  std::vector<Field> children;  ///< item of a list, fields of a struct

  DataType();
  DataType(TypeId type_id);  // NOLINT: a plain type is its id
  bool operator==(const DataType& other) const;

  /// Bits of one value of a fixed-width type (a fixed-size list: of all its items); 0 for the others.
  [[nodiscard]] int64_t bit_width() const;
  /// "fixed_size_list<float>[384]", for people.
  [[nodiscard]] std::string ToString() const;
};

struct Field {
  std::string name;
  DataType type;
  bool nullable = true;
  std::map<std::string, std::string> metadata;

  bool operator==(const Field& other) const = default;
};

inline DataType::DataType() = default;  // here, where a Field is complete
inline DataType::DataType(TypeId type_id) : id(type_id) {}

struct Schema {
  std::vector<Field> fields;
  std::map<std::string, std::string> metadata;

  bool operator==(const Schema& other) const = default;
  /// Position of the field named `name`, or -1.
  [[nodiscard]] int Find(std::string_view name) const;
};

/// A list of `size` floats: the type of an embedding column.
DataType VectorType(int32_t size);
DataType ListOf(DataType item);

}  // namespace squire
