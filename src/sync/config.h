#pragma once

/// What the user asked for about the tree, kept beside the index in config.json: unlike the state it cannot be made
/// anew.

#include "base/bytes.h"
#include "sync/index.h"

namespace squire::sync {

/// The options kept at `location`; the defaults when there are none. ERRORS: Corruption when the file makes no sense.
Result<TreeOptions> LoadTreeOptions(const Location& location);
/// The options in `bytes`, the content of the file at `path`. ERRORS: Corruption.
Result<TreeOptions> ParseTreeOptions(Bytes bytes, const std::string& path);
Result<void> SaveTreeOptions(const Location& location, const TreeOptions& options);

}  // namespace squire::sync
