#include "squire/schema.h"

namespace squire {

bool DataType::operator==(const DataType& other) const {
  return id == other.id && width == other.width && unit == other.unit && zone == other.zone &&
         precision == other.precision && scale == other.scale && children == other.children;
}

int64_t DataType::bit_width() const {
  switch (id) {
    case TypeId::kBool: return 1;
    case TypeId::kInt8:
    case TypeId::kUInt8: return 8;
    case TypeId::kInt16:
    case TypeId::kUInt16:
    case TypeId::kHalfFloat: return 16;
    case TypeId::kInt32:
    case TypeId::kUInt32:
    case TypeId::kFloat:
    case TypeId::kDate32:
    case TypeId::kTime32: return 32;
    case TypeId::kInt64:
    case TypeId::kUInt64:
    case TypeId::kDouble:
    case TypeId::kDate64:
    case TypeId::kTime64:
    case TypeId::kTimestamp:
    case TypeId::kDuration: return 64;
    case TypeId::kDecimal128: return 128;
    case TypeId::kDecimal256: return 256;
    case TypeId::kFixedBinary: return int64_t{8} * width;
    case TypeId::kFixedSizeList: return width * children[0].type.bit_width();
    default: return 0;
  }
}

namespace {
const char* PlainName(TypeId id) {
  switch (id) {
    case TypeId::kNull: return "null";
    case TypeId::kBool: return "bool";
    case TypeId::kInt8: return "int8";
    case TypeId::kUInt8: return "uint8";
    case TypeId::kInt16: return "int16";
    case TypeId::kUInt16: return "uint16";
    case TypeId::kInt32: return "int32";
    case TypeId::kUInt32: return "uint32";
    case TypeId::kInt64: return "int64";
    case TypeId::kUInt64: return "uint64";
    case TypeId::kHalfFloat: return "halffloat";
    case TypeId::kFloat: return "float";
    case TypeId::kDouble: return "double";
    case TypeId::kDate32: return "date32";
    case TypeId::kDate64: return "date64";
    case TypeId::kTime32: return "time32";
    case TypeId::kTime64: return "time64";
    case TypeId::kTimestamp: return "timestamp";
    case TypeId::kDuration: return "duration";
    case TypeId::kDecimal128: return "decimal128";
    case TypeId::kDecimal256: return "decimal256";
    case TypeId::kFixedBinary: return "fixed_binary";
    case TypeId::kString: return "string";
    case TypeId::kLargeString: return "large_string";
    case TypeId::kBinary: return "binary";
    case TypeId::kLargeBinary: return "large_binary";
    case TypeId::kFixedSizeList: return "fixed_size_list";
    case TypeId::kList: return "list";
    case TypeId::kLargeList: return "large_list";
    case TypeId::kStruct: return "struct";
    case TypeId::kUnknown: return "unknown";
  }
  return "?";
}
}  // namespace

std::string DataType::ToString() const {
  std::string out = PlainName(id);
  if (!children.empty()) {
    out += "<";
    for (size_t i = 0; i < children.size(); i++) {
      if (i > 0) out += ", ";
      if (id == TypeId::kStruct) out += children[i].name + ": ";
      out += children[i].type.ToString();
    }
    out += ">";
  }
  if (width > 0) out += "[" + std::to_string(width) + "]";
  if (precision > 0) out += "(" + std::to_string(precision) + ", " + std::to_string(scale) + ")";
  if (!unit.empty()) out += "[" + unit + (zone.empty() ? "" : ", " + zone) + "]";
  return out;
}

int Schema::Find(std::string_view name) const {
  for (size_t i = 0; i < fields.size(); i++) {
    if (fields[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

DataType VectorType(int32_t size) {
  DataType type(TypeId::kFixedSizeList);
  type.width = size;
  type.children.push_back({"item", TypeId::kFloat, true, {}});
  return type;
}

DataType ListOf(DataType item) {
  DataType type(TypeId::kList);
  type.children.push_back({"item", std::move(item), true, {}});
  return type;
}

}  // namespace squire
