#pragma once

/// Table::MergeInsert: new rows joined with a version's by key, and one commit of what follows. The new rows' keys are
/// hashed; the table streams by in ranges, so memory is that of the new rows and one range.

#include <memory>
#include <span>
#include <string>

#include "squire/table.h"
#include "table/snapshot.h"

namespace squire::engine {

/// `current` is moved to the new version. ERRORS: NotFound for a column, InvalidArgument for keys whose types differ or
/// that match twice, those of a commit.
Result<MergeInsertResult> MergeInsert(std::shared_ptr<const table::Snapshot>& current, std::span<const std::string> on,
                                      const MergeInsertOptions& options, const Batch& rows);

}  // namespace squire::engine
