#pragma once

/// Merges small fragments and drops deleted rows: fewer files, no dead bytes. Streams, so memory does not grow with the
/// table.

#include <memory>

#include "table/commit.h"

namespace squire::upkeep {

struct CompactOptions {
  uint64_t target_bytes = 128 << 20;  ///< fragments below this are merged
  double deleted_share_min = 0.1;     ///< a fragment with this share of deleted rows is rewritten, whatever its size
};

struct CompactResult {
  uint64_t fragments_before = 0;
  uint64_t fragments_after = 0;
  uint64_t rows_dropped = 0;
  uint64_t bytes_written = 0;
  std::shared_ptr<const table::Snapshot> snapshot;  ///< the table as it is now
};

/// Rewrites what is worth it in one version; nothing to do is no new version.
/// ERRORS: Conflict when a writer changed one of the fragments meanwhile; Unsupported for a table whose indexes would
/// be left pointing at the old rows; NoSpace, Io. The table is unchanged after any of them.
Result<CompactResult> Compact(std::shared_ptr<const table::Snapshot> snapshot, const CompactOptions& options = {});

}  // namespace squire::upkeep
