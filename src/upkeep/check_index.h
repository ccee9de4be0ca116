#pragma once

/// What is wrong with an index: files that are gone or do not decode, entries that name rows that are not there, rows
/// that it should name and does not.

#include <optional>
#include <string>
#include <vector>

#include "table/snapshot.h"

namespace squire::upkeep {

struct IndexCheck {
  std::optional<std::string> damage;   ///< the first thing that does not hold
  std::vector<std::string> unchecked;  ///< what this build cannot read, and so does not judge
  uint64_t bytes_read = 0;
};

/// Files, sizes and footers; with `deep` every page of every file, and every entry of indexes that are searched here
/// against the column.
/// ERRORS: TooManyFiles, Io.
Result<IndexCheck> CheckIndex(const table::Snapshot& snapshot, const pb::IndexMetadata& index, bool deep);

/// The name of the column that an index of one column is on, or empty.
std::string ColumnOf(const table::Snapshot& snapshot, const pb::IndexMetadata& index);

}  // namespace squire::upkeep
