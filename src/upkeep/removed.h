#pragma once

/// Files of removed versions that are left for a while to readers who know nothing of pins:
/// `_squire/removed/<time>-...` lists them, a name a line, and says when they may go. Source: docs/upkeep.md, "Grace".

#include <string>
#include <vector>

#include "upkeep/remover.h"

namespace squire::upkeep {

/// A list of names, as it lies on disk.
struct RemovedList {
  std::string name;  ///< below the table's folder
  uint64_t size_bytes = 0;
  int64_t due_ns = 0;
};

/// By time. None where the folder is not there. ERRORS: TooManyFiles, Io.
Result<std::vector<RemovedList>> ListRemoved(FileSystem& fs, const table::Paths& paths);

/// Only names that Squire may remove. ERRORS: NotFound, TooManyFiles, Io.
Result<std::vector<std::string>> ReadRemoved(FileSystem& fs, const table::Paths& paths, const RemovedList& list);

/// Not synced: see docs/upkeep.md. ERRORS: NoSpace, TooManyFiles, Io.
Result<void> WriteRemoved(FileSystem& fs, const table::Paths& paths, int64_t due_ns,
                          const std::vector<std::string>& names);

}  // namespace squire::upkeep
