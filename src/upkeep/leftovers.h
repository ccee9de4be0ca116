#pragma once

/// What a killed or failed writer of ours left behind: files that carry its id and that no version names. They go when
/// the next process begins to write, not after a week. Source: docs/upkeep.md, "Leftovers".

#include <memory>
#include <optional>

#include "table/snapshot.h"

namespace squire::upkeep {

struct LeftoverResult {
  uint64_t writers = 0;  ///< dead ones, of which nothing is left
  uint64_t files_removed = 0, bytes_freed = 0;
  std::optional<Error> failure;  ///< the first; what is left is found again next time
};

/// Removes them; never a living writer's, never a stranger's, never what a version on disk names. Costs a look at one
/// folder where nobody died.
LeftoverResult ClearLeftovers(FileSystem& fs, const std::string& root);

/// The same at the first call of this process for this table, when it is ours; what fails is left for later.
void ClearLeftoversOnce(const table::Snapshot& snapshot);

}  // namespace squire::upkeep
