#pragma once

/// Columns: the columns and fields of columns that a filter names, found in a schema once each. Belongs to one thread
/// while it is filled, shared freely afterwards.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/try.h"
#include "squire/array.h"

namespace squire::where {

/// A column, or a field inside a struct column.
struct Path {
  size_t column = 0;          ///< in the filter's list of columns
  std::vector<int> children;  ///< from the column down, one a level
  DataType type;
  std::vector<std::string> parts;  ///< the names, as the schema has them
  std::string name;                ///< "a.b", for messages
};

class Columns {
 public:
  /// REQUIRES: the schema outlives the calls of Find.
  explicit Columns(const Schema& schema) : schema_(&schema) {}

  /// The path of the names `parts`, each exactly as written or, for `any_case`, as the schema has it in whatever case
  /// when no name is exactly so. ERRORS: InvalidArgument with the nearest names; no place in it.
  Result<uint32_t> Find(std::span<const std::string> parts, bool any_case);
  [[nodiscard]] bool Has(std::string_view name) const { return schema_->Find(name) >= 0; }

  /// Forgets the schema: nothing more is found.
  void Detach() { schema_ = nullptr; }

  [[nodiscard]] const std::vector<Path>& paths() const { return paths_; }
  /// Names of the top-level columns that the paths begin with.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  /// The array of `path` in `columns`, arrays by the order of names(); a field of a null struct is null.
  static Array Resolve(const Path& path, std::span<const Array* const> columns);

 private:
  const Schema* schema_;
  std::vector<Path> paths_;
  std::vector<std::string> names_;
};

/// ", did you mean 'x' or 'y'?" from the names nearest to `name`; empty when none is near.
std::string NearNames(std::string_view name, std::span<const std::string_view> names);

}  // namespace squire::where
