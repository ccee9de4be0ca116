#pragma once

/// The rows of a version that a selection passes, as a mask: for searches that look rows up by address.

#include <memory>
#include <string>

#include "index/vector/row_mask.h"
#include "query/selection.h"

namespace squire::query {

/// The live rows that pass. With `where`, the selection's whole text, the answer is kept with the table's files for the
/// next question of the same version; empty: it is not.
Result<std::shared_ptr<const vector::RowMask>> SelectRows(const table::Snapshot& snapshot, const Selection& selection,
                                                          const std::string& where, int threads);

}  // namespace squire::query
