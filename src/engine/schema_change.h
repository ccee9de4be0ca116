#pragma once

/// Adding, dropping and renaming columns. Free functions; `current` belongs to the caller's thread and is moved to the
/// new version.

#include <memory>
#include <span>
#include <string>

#include "squire/table.h"
#include "table/snapshot.h"

namespace squire::engine {

/// See Table::AddColumns.
Result<uint64_t> AddColumns(std::shared_ptr<const table::Snapshot>& current, std::span<const NewColumn> columns);

/// See Table::DropColumns.
Result<uint64_t> DropColumns(std::shared_ptr<const table::Snapshot>& current, std::span<const std::string> columns);

/// See Table::RenameColumn.
Result<uint64_t> RenameColumn(std::shared_ptr<const table::Snapshot>& current, const std::string& column,
                              const std::string& name);

}  // namespace squire::engine
