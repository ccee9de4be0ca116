#pragma once

/// Pieces: the parts of a version that a selection has to look at, in the table's order. A key index on a column that
/// the condition demands something of leaves only rows that it names, and the fragments that it does not cover.

#include <vector>

#include "query/selection.h"

namespace squire::query {

/// A range of a fragment, or single rows of it.
struct Piece {
  table::RowRange range;
  std::vector<uint64_t> addresses;  ///< ascending; the range does not count then
};

/// Pieces of at most `rows_max` rows that together hold every row of `snapshot` that `selection` selects.
Result<std::vector<Piece>> PlanPieces(const table::Snapshot& snapshot, const Selection& selection, int64_t rows_max);

/// The live rows of a piece.
Result<table::RangeBatch> ReadPiece(const table::Snapshot& snapshot, const table::Projection& projection,
                                    const Piece& piece);

}  // namespace squire::query
