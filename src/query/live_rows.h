#pragma once

/// Which rows of a version are not deleted.

#include <cstdint>
#include <vector>

#include "table/scan.h"

namespace squire::query {

/// One byte a row of a range: 1 when it is not deleted.
Result<std::vector<uint8_t>> LiveRows(const table::Snapshot& snapshot, const table::RowRange& range);

/// One bit a row of a fragment: it is not deleted.
Result<std::vector<uint64_t>> LiveBits(table::Fragment& fragment);

}  // namespace squire::query
