#pragma once

/// A file that only takes up room, `_squire/ballast`: given up when the disk is full, so that a commit that frees still
/// fits, and taken back when there is room again. For tables that Squire owns. Plain functions; any thread.
///
/// Source: docs/upkeep.md, "Ballast".

#include "io/file_system.h"

namespace squire::upkeep {

std::string BallastPath(const std::string& root);

/// Its size for a table of `live_bytes`: an eighth, at least 1 MiB, at most 16 MiB.
uint64_t BallastBytesFor(uint64_t live_bytes);

/// Makes the ballast, or a larger one when the table has outgrown it fourfold, where more than four times its size is
/// free beyond `min_free_bytes`; otherwise nothing. Returns its size now, 0 where there is none. ERRORS: NoSpace, Io.
Result<uint64_t> EnsureBallast(FileSystem& fs, const std::string& root, uint64_t live_bytes,
                               uint64_t min_free_bytes = 0);

/// Gives the room back to the disk and returns how much; 0 when there is no ballast. Needs no room itself.
Result<uint64_t> ReleaseBallast(FileSystem& fs, const std::string& root);

}  // namespace squire::upkeep
