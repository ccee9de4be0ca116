#pragma once

/// What an index run does for its table after a commit, so that files stay few and old versions go.

#include "squire/table.h"

namespace squire::sync {

/// Looks now and then whether the table wants compaction or pruning, and does it; failures leave it for the next time.
/// True when the table has a new version.
bool Maintain(Table& table);

}  // namespace squire::sync
