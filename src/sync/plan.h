#pragma once

/// What is to be done: the tree as it is against what the last run saw. Pure functions over sorted lists.

#include <string>
#include <vector>

#include "corpus/scan.h"
#include "squire/table.h"
#include "sync/index.h"
#include "sync/state.h"

namespace squire::sync {

/// Whether two looks at a file show the same stamps, so that its bytes may be taken to be the same.
bool SameStat(const corpus::FileEntry& a, const corpus::FileEntry& b);

/// A file that is new or whose stat differs, with what is known of it.
struct DirtyFile {
  corpus::FileEntry entry;
  bool known = false;       ///< it was seen before
  bool distrusted = false;  ///< the table does not hold what the state says: its hash proves nothing
  FileState old;
};

struct Plan {
  std::vector<DirtyFile> dirty;
  std::vector<FileState> gone;  ///< seen before and not in the tree any more
  uint64_t same = 0;
};

/// Both lists sorted by path. A known file is dirty when its stat differs, or in any case with `all`.
Plan MakePlan(const std::vector<corpus::FileEntry>& found, std::vector<FileState> known, bool all);

/// Corrects `known` by what the table holds: files whose rows are not all there are marked by an impossible stat, files
/// that only the table knows are added. Sorted by path, as `known` is.
Result<void> Reconcile(const Table& table, std::vector<FileState>& known);

/// An mtime that no file has: whatever carries it is looked at again.
inline constexpr int64_t kUnknownTime = -1;

/// How the tree of `location` is scanned. An index folder inside the tree is never a part of it.
corpus::ScanOptions ScanOptionsOf(const Location& location, const TreeOptions& options, bool explain);

/// Keeps what lies at or below one of `paths`.
std::vector<FileState> Below(std::vector<FileState> known, const std::vector<std::string>& paths);

/// Pending and stale files, by stat alone. Where the state is lost, files that the table holds are taken to be fresh.
Result<Freshness> MeasureFreshness(const Location& location, const Table& table);

/// Files that have rows in the table.
Result<uint64_t> CountFiles(const Table& table);

}  // namespace squire::sync
