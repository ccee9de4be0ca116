#pragma once

/// Rewrites fragments side by side: fewer files, no dead bytes. Streams by bytes, so memory does not grow with the
/// table or its rows.

#include <memory>

#include "table/commit.h"
#include "upkeep/merge_policy.h"

namespace squire::upkeep {

struct CompactResult {
  uint64_t fragments_before = 0;
  uint64_t fragments_after = 0;
  uint64_t rows_dropped = 0;
  uint64_t bytes_written = 0;
};

/// Rewrites one run as one version, in files of at most about `file_bytes_max`; what it did is added to `done`. Rows
/// that others delete meanwhile stay deleted. Indexes keep what they hold of other rows; the rewritten ones are read
/// without them until they are folded in.
/// ERRORS: Conflict when others rewrote the same fragments or changed the schema meanwhile; NoSpace, Io. The table is
/// unchanged after any of them, and the files that were written are gone.
Result<void> Rewrite(std::shared_ptr<const table::Snapshot>& current, const FragmentRun& run, uint64_t file_bytes_max,
                     CompactResult& done);

}  // namespace squire::upkeep
