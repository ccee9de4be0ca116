#pragma once

/// Which columns of a data file make up one column of a table: a leaf is one, a struct or list is those of its fields
/// (and, in files of version 2.0, one of its own).

#include <cstdint>
#include <span>
#include <vector>

#include "base/try.h"
#include "squire/array.h"

namespace squire::lance {

struct ColumnTree {
  DataType type;
  int32_t column = -1;         ///< in the file; -1: none
  bool is_dictionary = false;  ///< of a leaf: its logical type is a dictionary
  std::vector<ColumnTree> children;
};

/// One leaf that the file has, with the type of the way to it: lists and structs of one child each.
struct LeafPath {
  DataType path;
  int32_t column = -1;
};
std::vector<LeafPath> LeafPaths(const ColumnTree& tree);

/// Puts the arrays of LeafPaths(tree), in its order, together; what the file does not have is null.
/// ERRORS: Corruption when they differ in lengths.
Result<Array> MergePaths(const ColumnTree& tree, std::span<const Array> paths);

}  // namespace squire::lance
