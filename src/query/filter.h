#pragma once

/// Applying a row filter to rows that were read.

#include "squire/table.h"
#include "table/scan.h"

namespace squire::query {

/// Drops the rows that the filter does not keep.
Result<void> ApplyFilter(const RowFilter& filter, table::RangeBatch& rows);

/// One byte a row: 1 when the filter keeps it; all 1 without a filter.
Result<std::vector<uint8_t>> Keep(const std::optional<RowFilter>& filter, const Batch& rows);

}  // namespace squire::query
