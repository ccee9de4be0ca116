#pragma once

/// Lance's names of column types ("fixed_size_list:float:384") and its flat list of fields, to and from our Schema.
/// Source: lance.file.Field; docs/lance_format.md, "Fields".

#include <optional>
#include <string>
#include <vector>

#include "base/try.h"
#include "lance/proto/file.pb.h"
#include "squire/schema.h"

namespace squire::lance {

/// ERRORS: Unsupported for a type that Lance has no name for.
Result<std::string> LogicalTypeName(const DataType& type);

/// The type named `name`; children of lists and structs are left to the caller. A dictionary type is the type of its
/// values: how they are kept is no concern of their reader's. A name that is not known is a type kUnknown, whose
/// columns are refused when they are read.
DataType ParseLogicalType(std::string_view name);

/// What the numbers of a dictionary column can be.
struct DictionaryKeys {
  int32_t bits = 0;        ///< 8, 16, 32 or 64
  size_t entries_max = 0;  ///< of one dictionary
};
/// Of a dictionary type's name; nothing for other types.
std::optional<DictionaryKeys> DictionaryKeysOf(std::string_view name);
/// ERRORS: OverBudget for more entries than the keys can number.
Result<void> CheckEntries(size_t entries, const DictionaryKeys& keys);

/// Fields in depth-first order with ids counted from `first_id`.
Result<google::protobuf::RepeatedPtrField<pb::Field>> ToFields(const Schema& schema, int32_t first_id = 0);

/// The tree that `fields` describes. ERRORS: Corruption for a parent that is not there, or nesting over
/// kTypeDepthMax.
Result<Schema> FromFields(const google::protobuf::RepeatedPtrField<pb::Field>& fields);

inline constexpr int kTypeDepthMax = 64;  ///< lists and structs within one another

/// ERRORS: Unsupported, naming the column, for nesting over kTypeDepthMax, structs without fields, types of no name.
Result<void> CheckSchema(const Schema& schema);

/// The ids of a field and of those below it, in the shape of its type.
struct FieldIds {
  int32_t id = 0;
  bool is_dictionary = false;  ///< its logical type says so; its DataType is that of the values
  std::vector<FieldIds> children;
};

/// Ids of the top-level fields, in the order of FromFields. REQUIRES: FromFields took `fields`.
std::vector<FieldIds> IdsOf(const google::protobuf::RepeatedPtrField<pb::Field>& fields);

/// A leaf owns a column of a file of version 2.1 or later: anything but a struct or list.
bool IsLeaf(const DataType& type);

}  // namespace squire::lance
