#pragma once

/// What can still be read of a column with pages that do not decode, and writing it anew.

#include <span>
#include <string>
#include <vector>

#include "table/snapshot.h"

namespace squire::upkeep {

/// Neighbouring rows that can be read together, or are lost.
struct Piece {
  int64_t first = 0, count = 0;
  bool is_lost = false;
};

/// All rows of a fragment's `column` (of the schema), in order, found by halving. ERRORS: what is no damage:
/// TooManyFiles, Io.
Result<std::vector<Piece>> FindPieces(const table::Snapshot& snapshot, table::Fragment& fragment, size_t column);

/// Writes data file `name` with `column` of the fragment alone: lost rows are null, or empty where null may not be.
/// REQUIRES: a list column. ERRORS: NoSpace, Io; no file is left.
Result<pb::DataFile> WriteSalvaged(const table::Snapshot& snapshot, table::Fragment& fragment, size_t column,
                                   std::span<const Piece> pieces, const std::string& name);

/// Ids of a column and of all fields below it.
std::vector<int32_t> FieldIdsOf(const table::Snapshot& snapshot, size_t column);

}  // namespace squire::upkeep
