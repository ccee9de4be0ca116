#include "input.h"

namespace squire::fuzz {

std::vector<DataType> ColumnTypes() {
  DataType timestamp(TypeId::kTimestamp), decimal(TypeId::kDecimal128), binary16(TypeId::kFixedBinary),
      one(TypeId::kStruct), bits = VectorType(12);
  timestamp.unit = "us";
  decimal.precision = 20;
  decimal.scale = 2;
  binary16.width = 16;
  one.children = {{"x", TypeId::kInt64, true, {}}};
  bits.children[0].type = TypeId::kBool;
  return {TypeId::kInt32,
          TypeId::kInt64,
          TypeId::kUInt8,
          TypeId::kDouble,
          TypeId::kBool,
          TypeId::kString,
          TypeId::kLargeString,
          TypeId::kBinary,
          VectorType(4),
          VectorType(96),
          ListOf(TypeId::kString),
          ListOf(ListOf(TypeId::kInt32)),
          one,
          ListOf(one),
          timestamp,
          decimal,
          TypeId::kHalfFloat,
          TypeId::kDate32,
          binary16,
          bits,
          TypeId::kNull,
          ListOf(VectorType(4))};
}

void Touch(const Array& root) {
  std::vector<const Array*> todo = {&root};
  volatile uint8_t sink = 0;
  while (!todo.empty()) {
    const Array& array = *todo.back();
    todo.pop_back();
    for (int64_t row = 0; row < array.length; row++) {
      sink = sink + static_cast<uint8_t>(array.IsValid(row));
      switch (array.type.id) {
        case TypeId::kNull:
        case TypeId::kStruct:
        case TypeId::kFixedSizeList: break;
        case TypeId::kBool: sink = sink + static_cast<uint8_t>(array.Bit(row)); break;
        case TypeId::kString:
        case TypeId::kLargeString:
        case TypeId::kBinary:
        case TypeId::kLargeBinary:
          for (char c : array.Text(row)) sink = sink + static_cast<uint8_t>(c);
          break;
        case TypeId::kList: {
          const int32_t* at = reinterpret_cast<const int32_t*>(array.buffers[0].data()) + array.offset + row;
          Require(at[0] >= 0 && at[0] <= at[1] && at[1] <= array.children[0].length, "a list's items are there");
          break;
        }
        default: {
          const auto width = static_cast<size_t>(array.type.bit_width() / 8);
          const uint8_t* at = array.buffers[0].data() + static_cast<size_t>(array.offset + row) * width;
          for (size_t i = 0; i < width; i++) sink = sink + at[i];
        }
      }
    }
    if (array.type.id == TypeId::kFixedSizeList) {
      Require(array.children[0].length >= (array.offset + array.length) * array.type.width, "a list's items are there");
    }
    if (array.type.id == TypeId::kStruct) {
      for (const Array& child : array.children)
        Require(child.length >= array.length, "a struct's fields are as long as it");
    }
    for (const Array& child : array.children) todo.push_back(&child);
  }
}

}  // namespace squire::fuzz
