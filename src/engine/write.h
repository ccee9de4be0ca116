#pragma once

/// The public TableWrite over the table room: rows stream into new data files, keys become deleted rows, and one commit
/// publishes both.

#include <memory>

#include "squire/table.h"
#include "table/snapshot.h"

namespace squire::engine {

/// `current` is moved to the new version by Commit. With `new_schema` the write replaces the whole table.
Result<std::unique_ptr<TableWrite>> BeginWrite(std::shared_ptr<const table::Snapshot>& current,
                                               std::optional<Schema> new_schema = std::nullopt);

}  // namespace squire::engine
