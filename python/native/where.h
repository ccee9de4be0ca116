#pragma once

/// Conditions on reads, where the engine takes them.

#include <string>

#include "squire/table.h"

namespace squire::python {

template <class Options>
Result<void> SetWhere(Options& options, const std::string& where) {
  if constexpr (requires { options.where; }) {
    options.where = where;
  } else {
    if (!where.empty()) return Unsupported("this build has no filters");
  }
  return {};
}

template <class T>
Result<int64_t> CountWhere(const T& table, const std::string& where) {
  if constexpr (requires { table.CountRows(where); })
    return table.CountRows(where);
  else
    return Unsupported("this build has no filters");
}

/// The columns named, or all.
inline Result<Schema> ProjectSchema(const Schema& schema, const std::vector<std::string>& columns) {
  if (columns.empty()) return schema;
  Schema out{{}, schema.metadata};
  for (const std::string& column : columns) {
    const int at = schema.Find(column);
    if (at < 0) return NotFound("the table has no column '" + column + "'");
    out.fields.push_back(schema.fields[static_cast<size_t>(at)]);
  }
  return out;
}

}  // namespace squire::python
