#pragma once

/// Lance's names of column types ("fixed_size_list:float:384") and its flat list of fields, to and from our Schema.
/// Source: lance.file.Field; docs/lance_format.md, "Fields".

#include <optional>
#include <string>

#include "base/try.h"
#include "lance/proto/file.pb.h"
#include "squire/schema.h"

namespace squire::lance {

/// ERRORS: Unsupported for a type that Lance has no name for.
Result<std::string> LogicalTypeName(const DataType& type);

/// The type named `name`; children of lists and structs are left to the caller.
/// ERRORS: Unsupported for a name that is not known, with the name.
Result<DataType> ParseLogicalType(std::string_view name);

/// Fields in depth-first order with ids counted from `first_id`.
Result<google::protobuf::RepeatedPtrField<pb::Field>> ToFields(const Schema& schema, int32_t first_id = 0);

/// The tree that `fields` describes. ERRORS: Corruption for a parent that is not there; Unsupported types by name.
Result<Schema> FromFields(const google::protobuf::RepeatedPtrField<pb::Field>& fields);

/// A leaf owns a column of a file of version 2.1 or later: anything but a struct or list.
bool IsLeaf(const DataType& type);

}  // namespace squire::lance
