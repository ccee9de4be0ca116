#pragma once

/// Stable ids of a fragment's rows, as far as checks need them. Pure functions. Source: docs/lance_format.md, "Row
/// ids".

#include <cstdint>

#include "base/bytes.h"

namespace squire::upkeep {

/// Ids of a sequence.
struct RowIdSpan {
  uint64_t count = 0;
  uint64_t end = 0;  ///< above all of them
};

/// ERRORS: Corruption.
Result<RowIdSpan> ParseRowIds(Bytes bytes);

}  // namespace squire::upkeep
