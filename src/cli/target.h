#pragma once

/// What a command is about: a tree's index, or any Lance table. Plain functions.

#include <optional>
#include <string>

#include "cli/output.h"
#include "squire/table.h"
#include "sync/location.h"
#include "sync/write_lock.h"

namespace squire::cli {

/// The index of the tree at or around `tree` (empty: the working folder).
Result<sync::Location> LocateTree(const Globals& globals, const std::string& tree);

/// Opens the table at `path`, or that of the index of the tree there. ERRORS: NotFound when there is neither.
Result<Table> OpenTarget(const Globals& globals, const std::string& path,
                         std::optional<uint64_t> version = std::nullopt);

/// Takes the write lock of the index that `path` is of, so that upkeep and a run under way do not meet; nothing for a
/// table that belongs to no index.
Result<std::optional<sync::WriteLock>> LockTarget(const Globals& globals, const std::string& path);

}  // namespace squire::cli
