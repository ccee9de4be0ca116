#pragma once

/// Reading rows of a snapshot: in order and by range, or by address. Ranges are independent, so that several threads
/// can each read some.

#include <memory>
#include <string>
#include <vector>

#include "table/snapshot.h"

namespace squire::table {

/// Columns of a scan, resolved once.
struct Projection {
  Schema schema;
  std::vector<int32_t> field_ids;
};

/// The columns named, in that order; all of them for an empty list. ERRORS: NotFound, naming the column.
Result<Projection> Project(const Snapshot& snapshot, std::span<const std::string> columns);

/// Some rows of one fragment, by offset.
struct RowRange {
  size_t fragment = 0;  ///< index in the snapshot
  int64_t first = 0;
  int64_t count = 0;
};

/// The whole snapshot in ranges of at most `rows_max`, in order.
std::vector<RowRange> PlanRanges(const Snapshot& snapshot, int64_t rows_max);

struct RangeBatch {
  Batch batch;                      ///< rows that are not deleted
  std::vector<uint64_t> addresses;  ///< of each row
};

/// All rows of one range, deleted ones too: row i of the batch is offset range.first + i.
Result<Batch> ReadPhysicalRange(const Snapshot& snapshot, const Projection& projection, const RowRange& range);

/// The live rows of one range.
Result<RangeBatch> ReadRange(const Snapshot& snapshot, const Projection& projection, const RowRange& range);

/// The rows at `addresses`, in that order. ERRORS: NotFound for an address that is deleted or not in the snapshot.
Result<Batch> TakeRows(const Snapshot& snapshot, const Projection& projection, std::span<const uint64_t> addresses);

/// The addresses of the live rows at `offsets`, counted over the whole snapshot. ERRORS: InvalidArgument for an offset
/// that no row has.
Result<std::vector<uint64_t>> AddressesOf(const Snapshot& snapshot, std::span<const int64_t> offsets);

}  // namespace squire::table
