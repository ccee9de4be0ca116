#include "lance/logical_type.h"

#include <charconv>
#include <vector>

namespace squire::lance {
namespace {

struct PlainName {
  TypeId id;
  std::string_view name;
};
// Types whose name has no parameters.
constexpr PlainName kPlainNames[] = {
    {TypeId::kNull, "null"},
    {TypeId::kBool, "bool"},
    {TypeId::kInt8, "int8"},
    {TypeId::kUInt8, "uint8"},
    {TypeId::kInt16, "int16"},
    {TypeId::kUInt16, "uint16"},
    {TypeId::kInt32, "int32"},
    {TypeId::kUInt32, "uint32"},
    {TypeId::kInt64, "int64"},
    {TypeId::kUInt64, "uint64"},
    {TypeId::kHalfFloat, "halffloat"},
    {TypeId::kFloat, "float"},
    {TypeId::kDouble, "double"},
    {TypeId::kDate32, "date32:day"},
    {TypeId::kDate64, "date64:ms"},
    {TypeId::kString, "string"},
    {TypeId::kLargeString, "large_string"},
    {TypeId::kBinary, "binary"},
    {TypeId::kLargeBinary, "large_binary"},
    {TypeId::kList, "list"},
    {TypeId::kLargeList, "large_list"},
    {TypeId::kStruct, "struct"},
};

std::vector<std::string_view> SplitColons(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

std::optional<int32_t> Number(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || end != text.end()) return std::nullopt;
  return value;
}

DataType UnknownType(std::string_view name) {
  DataType type(TypeId::kUnknown);
  type.unit = name;
  return type;
}

constexpr int32_t kListSizeMax = 1 << 16;     // items of a fixed-size list
constexpr int32_t kBinaryBytesMax = 1 << 20;  // of a fixed-size binary

DataType ParseFixedSizeList(std::string_view name) {
  // The size is behind the last colon; the item's name, between, may hold colons of its own.
  const std::string_view rest = name.substr(std::string_view("fixed_size_list:").size());
  const size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || rest.starts_with("fixed_size_list:")) return UnknownType(name);
  const auto size = Number(rest.substr(colon + 1));
  if (!size || *size <= 0 || *size > kListSizeMax) return UnknownType(name);
  DataType item = ParseLogicalType(rest.substr(0, colon));
  if (item.bit_width() == 0 || item.id == TypeId::kFixedSizeList) return UnknownType(name);
  DataType type(TypeId::kFixedSizeList);
  type.width = *size;
  type.children.push_back({"item", std::move(item), true, {}});
  return type;
}

std::optional<DataType> ParseWithUnit(const std::vector<std::string_view>& parts) {
  const auto is_unit = [](std::string_view u) { return u == "s" || u == "ms" || u == "us" || u == "ns"; };
  if (parts.size() < 2 || !is_unit(parts[1])) return std::nullopt;
  DataType type;
  type.unit = parts[1];
  if (parts[0] == "timestamp" && parts.size() >= 3) {
    type.id = TypeId::kTimestamp;
    for (size_t i = 2; i < parts.size(); i++) type.zone += (i > 2 ? ":" : "") + std::string(parts[i]);
    if (type.zone == "-") type.zone.clear();
  } else if (parts[0] == "time32" && parts.size() == 2) {
    type.id = TypeId::kTime32;
  } else if ((parts[0] == "time64" || parts[0] == "time") && parts.size() == 2) {
    type.id = parts[0] == "time" && (parts[1] == "s" || parts[1] == "ms") ? TypeId::kTime32 : TypeId::kTime64;
  } else if (parts[0] == "duration" && parts.size() == 2) {
    type.id = TypeId::kDuration;
  } else {
    return std::nullopt;
  }
  return type;
}

/// "dict:string:int32:false": values, indices, whether they are ordered. The values' name may hold colons.
DataType ParseDictionary(std::string_view name) {
  std::string_view rest = name.substr(std::string_view("dict:").size());
  for (int i = 0; i < 2; i++) {
    const size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos || rest.starts_with("dict:")) return UnknownType(name);
    rest = rest.substr(0, colon);
  }
  DataType values = ParseLogicalType(rest);
  return values.id == TypeId::kUnknown || values.bit_width() == 1 ? UnknownType(name) : values;
}

}  // namespace

std::optional<DictionaryKeys> DictionaryKeysOf(std::string_view name) {
  if (!name.starts_with("dict:") || ParseDictionary(name).id == TypeId::kUnknown) return std::nullopt;
  name.remove_suffix(name.size() - name.rfind(':'));
  const DataType keys = ParseLogicalType(name.substr(name.rfind(':') + 1));
  switch (keys.id) {
    case TypeId::kInt8: return DictionaryKeys{8, 1u << 7};
    case TypeId::kUInt8: return DictionaryKeys{8, 1u << 8};
    case TypeId::kInt16: return DictionaryKeys{16, 1u << 15};
    case TypeId::kUInt16: return DictionaryKeys{16, 1u << 16};
    case TypeId::kInt32:
    case TypeId::kUInt32: return DictionaryKeys{32, 1u << 31};
    case TypeId::kInt64:
    case TypeId::kUInt64: return DictionaryKeys{64, 1u << 31};
    default: return std::nullopt;
  }
}

Result<void> CheckEntries(size_t entries, const DictionaryKeys& keys) {
  if (entries <= keys.entries_max) return {};
  return OverBudget(std::to_string(entries) +
                    " different values in one page of a dictionary column, whose keys number " +
                    std::to_string(keys.entries_max));
}

DataType ParseLogicalType(std::string_view name) {
  for (const PlainName& plain : kPlainNames) {
    if (plain.name == name) return DataType(plain.id);
  }
  if (name == "list.struct") return DataType(TypeId::kList);
  if (name == "large_list.struct") return DataType(TypeId::kLargeList);
  if (name.starts_with("fixed_size_list:")) return ParseFixedSizeList(name);
  if (name.starts_with("dict:")) return ParseDictionary(name);
  const auto parts = SplitColons(name);
  if (auto type = ParseWithUnit(parts)) return *std::move(type);
  if (parts[0] == "fixed_size_binary" && parts.size() == 2) {
    DataType type(TypeId::kFixedBinary);
    type.width = Number(parts[1]).value_or(0);
    if (type.width > 0 && type.width <= kBinaryBytesMax) return type;
  }
  if (parts[0] == "decimal" && parts.size() == 4 && (parts[1] == "128" || parts[1] == "256")) {
    DataType type(parts[1] == "128" ? TypeId::kDecimal128 : TypeId::kDecimal256);
    const auto precision = Number(parts[2]), scale = Number(parts[3]);
    if (precision && scale && *precision > 0) {
      type.precision = *precision;
      type.scale = *scale;
      return type;
    }
  }
  return UnknownType(name);
}

Result<std::string> LogicalTypeName(const DataType& type) {
  if (type.id == TypeId::kUnknown) return type.unit;
  if (type.id == TypeId::kList || type.id == TypeId::kLargeList) {
    const bool of_struct = !type.children.empty() && type.children[0].type.id == TypeId::kStruct;
    return std::string(type.id == TypeId::kList ? "list" : "large_list") + (of_struct ? ".struct" : "");
  }
  for (const PlainName& plain : kPlainNames) {
    if (plain.id == type.id) return std::string(plain.name);
  }
  switch (type.id) {
    case TypeId::kTime32: return "time32:" + type.unit;
    case TypeId::kTime64: return "time64:" + type.unit;
    case TypeId::kTimestamp: return "timestamp:" + type.unit + ":" + (type.zone.empty() ? "-" : type.zone);
    case TypeId::kDuration: return "duration:" + type.unit;
    case TypeId::kFixedBinary: return "fixed_size_binary:" + std::to_string(type.width);
    case TypeId::kDecimal128:
    case TypeId::kDecimal256:
      return std::string("decimal:") + (type.id == TypeId::kDecimal128 ? "128:" : "256:") +
             std::to_string(type.precision) + ":" + std::to_string(type.scale);
    case TypeId::kFixedSizeList:
      return "fixed_size_list:" + TRY(LogicalTypeName(type.children[0].type)) + ":" + std::to_string(type.width);
    default: return Unsupported("a column of type " + type.ToString() + " cannot be kept in a Lance table");
  }
}

bool IsLeaf(const DataType& type) {
  return type.id != TypeId::kStruct && type.id != TypeId::kList && type.id != TypeId::kLargeList;
}

Result<google::protobuf::RepeatedPtrField<pb::Field>> ToFields(const Schema& schema, int32_t first_id) {
  google::protobuf::RepeatedPtrField<pb::Field> out;
  struct Pending {
    const Field* field;
    int32_t parent;
  };
  std::vector<Pending> stack;
  for (auto it = schema.fields.rbegin(); it != schema.fields.rend(); ++it) stack.push_back({&*it, -1});
  while (!stack.empty()) {
    const auto [field, parent] = stack.back();
    stack.pop_back();
    pb::Field* to = out.Add();
    to->set_name(field->name);
    to->set_id(first_id++);
    to->set_parent_id(parent);
    to->set_logical_type(TRY(LogicalTypeName(field->type)));
    to->set_nullable(field->nullable);
    const bool is_text = field->type.bit_width() == 0 && IsLeaf(field->type);
    if (IsLeaf(field->type)) to->set_encoding(is_text ? 2 : 1);
    for (const auto& [key, value] : field->metadata) (*to->mutable_metadata())[key] = value;
    if (IsLeaf(field->type)) continue;
    const auto& children = field->type.children;
    for (auto it = children.rbegin(); it != children.rend(); ++it) stack.push_back({&*it, to->id()});
  }
  return out;
}

namespace {
/// Lists and structs without what they are made of, and types that have children but should not, are not known.
void MakeWhole(Field& field, const std::string& name) {
  DataType& type = field.type;
  const bool is_list = type.id == TypeId::kList || type.id == TypeId::kLargeList;
  if ((is_list && type.children.size() != 1) || (type.id == TypeId::kStruct && type.children.empty())) {
    type = UnknownType(name);
  } else if (type.id == TypeId::kUnknown) {
    type.children.clear();
  } else if (type.id == TypeId::kFixedSizeList && type.children.size() != 1) {
    type = UnknownType(name);
  } else if (IsLeaf(type) && type.id != TypeId::kFixedSizeList && !type.children.empty()) {
    type = UnknownType(name);
  }
}
}  // namespace

Result<Schema> FromFields(const google::protobuf::RepeatedPtrField<pb::Field>& fields) {
  // Fields come parents first. Children are attached back to front, so that a parent is whole before it is moved.
  std::vector<Field> built;
  std::vector<int> depths;
  std::map<int32_t, size_t> at;
  for (const pb::Field& from : fields) {
    if (from.parent_id() >= 0 && !at.contains(from.parent_id()))  // before its own id is known: it may name itself
      return Corruption("field '" + from.name() + "' has a parent that is not in the schema before it");
    if (!at.emplace(from.id(), built.size()).second)
      return Corruption("two fields of the schema have the id " + std::to_string(from.id()));
    depths.push_back(from.parent_id() < 0 ? 1 : depths[at[from.parent_id()]] + 1);
    if (depths.back() > kTypeDepthMax)
      return Corruption("field '" + from.name() + "' is nested over " + std::to_string(kTypeDepthMax) + " deep");
    Field field{from.name(), ParseLogicalType(from.logical_type()), from.nullable(), {}};
    for (const auto& [key, value] : from.metadata()) field.metadata[key] = value;
    built.push_back(std::move(field));
  }
  Schema schema;
  for (int i = fields.size() - 1; i >= 0; i--) {
    Field& field = built[static_cast<size_t>(i)];
    MakeWhole(field, fields[i].logical_type());
    const int32_t parent = fields[i].parent_id();
    auto& siblings = parent < 0 ? schema.fields : built[at[parent]].type.children;
    siblings.insert(siblings.begin(), std::move(field));
  }
  return schema;
}

Result<void> CheckSchema(const Schema& schema) {
  struct Pending {
    const Field* field;
    int depth;
  };
  for (const Field& column : schema.fields) {
    std::vector<Pending> stack = {{&column, 1}};
    while (!stack.empty()) {
      const auto [field, depth] = stack.back();
      stack.pop_back();
      const TypeId id = field->type.id;
      const bool is_list = id == TypeId::kList || id == TypeId::kLargeList || id == TypeId::kFixedSizeList;
      if (depth > kTypeDepthMax || id == TypeId::kUnknown || (id == TypeId::kStruct && field->type.children.empty()) ||
          (is_list && field->type.children.size() != 1))
        return Unsupported("column '" + column.name + "' of type " + column.type.ToString() + " cannot be kept");
      for (const Field& child : field->type.children) stack.push_back({&child, depth + 1});
    }
  }
  return {};
}

std::vector<FieldIds> IdsOf(const google::protobuf::RepeatedPtrField<pb::Field>& fields) {
  std::map<int32_t, FieldIds> built;
  std::vector<FieldIds> top;
  for (int i = fields.size() - 1; i >= 0; i--) {  // back to front: children before their parent
    FieldIds ids = std::move(built[fields[i].id()]);
    ids.id = fields[i].id();
    ids.is_dictionary = fields[i].logical_type().starts_with("dict:");
    const int32_t parent = fields[i].parent_id();
    auto& siblings = parent < 0 ? top : built[parent].children;
    siblings.insert(siblings.begin(), std::move(ids));
  }
  return top;
}

}  // namespace squire::lance
