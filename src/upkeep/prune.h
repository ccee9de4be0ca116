#pragma once

/// Drops versions that nobody needs and the files that only they named. Needs no free space and writes nothing.
/// Source: docs/lance_format.md, "Cleanup".

#include <cstdint>

#include "table/snapshot.h"

namespace squire::upkeep {

struct PruneOptions {
  uint64_t keep_versions = 1;  ///< the newest so many stay (at least 1), besides tagged ones
  int64_t older_than_ns = 0;   ///< versions younger than this stay too
  int64_t orphan_age_ns = 7ll * 24 * 3600 * 1'000'000'000;  ///< files that no version names go at this age: a writer
                                                            ///< may be about to name them
  bool dry_run = false;  ///< only count
};

struct PruneResult {
  uint64_t versions_removed = 0;
  uint64_t files_removed = 0;
  uint64_t bytes_freed = 0;
};

/// Removes manifests first, then files, so that no version left names a file that is gone. Files of a version that is
/// kept are never touched. ERRORS: the first failure that left something in place; what could go is gone.
Result<PruneResult> Prune(FileSystem& fs, const std::string& root, const PruneOptions& options);

}  // namespace squire::upkeep
