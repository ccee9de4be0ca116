#include "upkeep/leftovers.h"

#include "base/log.h"
#include "table/owned.h"
#include "upkeep/prune.h"

namespace squire::upkeep {

LeftoverResult ClearLeftovers(FileSystem& fs, const std::string& root) {
  LeftoverResult result;
  const table::Paths paths{root};
  auto writers = table::ListWriters(fs, paths);
  if (!writers) {
    result.failure = std::move(writers.error());
    return result;
  }
  if (writers->dead.empty()) return result;
  // A prune that keeps every version and takes no stranger's file.
  PruneOptions options;
  options.keep_versions = UINT64_MAX;
  options.orphan_age_ns = INT64_MAX;
  options.older_than_ns = 1;  // nor files whose grace is not over
  PruneResult pruned = PruneTable(fs, root, options);
  for (const table::DeadWriter& writer : writers->dead) {
    const auto found = fs.Stat(writer.path);
    if (!found && found.error().code == Code::kNotFound) result.writers++;
  }
  result.files_removed = pruned.files_removed;
  result.bytes_freed = pruned.bytes_freed;
  result.failure = std::move(pruned.failure);
  return result;
}

void ClearLeftoversOnce(const table::Snapshot& snapshot) {
  if (!table::IsOwned(snapshot.manifest())) return;
  const auto lease = snapshot.files()->LeaseOf(snapshot.paths().root);
  if (!lease || *lease == nullptr || !(*lease)->TakeFirstLook()) return;
  const LeftoverResult result = ClearLeftovers(snapshot.files()->fs(), snapshot.paths().root);
  if (result.failure && LogEnabled(LogLevel::kWarn))
    Log(LogLevel::kWarn, "leftovers of a writer that died stay for now: " + result.failure->ToString());
  if (result.files_removed > 0 && LogEnabled(LogLevel::kInfo)) {
    Log(LogLevel::kInfo, std::to_string(result.files_removed) + " files that a killed writer left are removed, " +
                             std::to_string(result.bytes_freed) + " bytes");
  }
}

}  // namespace squire::upkeep
