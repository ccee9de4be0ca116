#pragma once

/// The public TableWrite over the table room: rows stream into new data files, keys become deleted rows, and one commit
/// publishes both.

#include <memory>

#include "squire/table.h"
#include "table/snapshot.h"

namespace squire::engine {

/// `current` is moved to the new version by Commit.
Result<std::unique_ptr<TableWrite>> BeginWrite(std::shared_ptr<const table::Snapshot>& current);

}  // namespace squire::engine
