#pragma once

/// Drops versions that nobody needs and the files that only they named. Needs no free space: where there is none it
/// creates nothing. Goes on after a failure. Source: docs/upkeep.md, "What is kept"; docs/lance_format.md, "Cleanup".

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/snapshot.h"

namespace squire::upkeep {

struct PruneOptions {
  uint64_t keep_versions = 1;  ///< the newest so many stay (at least 1), besides tagged ones and those in use
  int64_t older_than_ns = 0;   ///< versions younger than this stay too
  int64_t orphan_age_ns = 7ll * 24 * 3600 * 1'000'000'000;  ///< files that no version names go at this age: a writer
                                                            ///< may be about to name them. Those of dead writers of
                                                            ///< ours go at once, of living ones never
  bool dry_run = false;                                     ///< only count

  // Of a prune that nobody asked for.
  int64_t file_grace_ns = 0;     ///< files go so long after the manifest of their version: a stranger may be reading
  int64_t foreign_grace_ns = 0;  ///< versions stay so long after a newer one came, while one of the last 64 versions
                                 ///< was written by another library: its open tables break when their files go
  bool sweep = true;             ///< look for files that no version names
};

/// Of a table of ours, unasked: by number of versions, at once where bytes press. Files of others' readers and writers
/// get their grace; orphans are not looked for.
PruneOptions Retention(uint64_t keep_versions, bool bytes_pressing);

struct PruneResult {
  uint64_t versions_removed = 0;
  uint64_t files_removed = 0;
  uint64_t bytes_freed = 0;  ///< or would be, in a dry run

  // Versions that are kept although their turn had come, by the first reason that there is.
  uint64_t versions_tagged = 0;   ///< or a branch began there
  uint64_t versions_young = 0;    ///< by age
  uint64_t versions_foreign = 0;  ///< by the grace for another library's readers
  uint64_t versions_pinned = 0;   ///< somebody of ours reads them

  uint64_t files_waiting = 0;         ///< of removed versions, until their grace is over
  std::vector<std::string> problems;  ///< damage that was met, a sentence each
  std::optional<Error> failure;       ///< the first that left something in place
};

/// Removes manifests first, syncs that, then removes files: no version that is left, after a loss of power too, names a
/// file that is gone. Files of a version that is kept are never touched. What cannot be done is told in the result,
/// beside what was.
PruneResult PruneTable(FileSystem& fs, const std::string& root, const PruneOptions& options);

/// The same. ERRORS: the failure; what could go is gone.
Result<PruneResult> Prune(FileSystem& fs, const std::string& root, const PruneOptions& options);

}  // namespace squire::upkeep
