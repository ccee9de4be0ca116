#pragma once

/// The limits of an index, kept beside it in limits.json: what a user asked for and no run can make anew. Plain
/// functions.

#include "base/bytes.h"
#include "squire/limits.h"
#include "sync/index.h"

namespace squire::sync {

/// The limits kept at `location`; none when there are none. ERRORS: Corruption when the file makes no sense.
Result<IndexLimits> LoadLimits(const Location& location);
/// The limits in `bytes`, the content of the file at `path`. ERRORS: Corruption.
Result<IndexLimits> ParseLimits(Bytes bytes, const std::string& path);
Result<void> SaveLimits(const Location& location, const IndexLimits& limits);

/// What they come to for a tree of `source_bytes`; 0: not known, and what is counted by it is no limit.
TableLimits LimitsOf(const IndexLimits& limits, uint64_t source_bytes);

}  // namespace squire::sync
