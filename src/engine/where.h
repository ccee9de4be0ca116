#pragma once

/// Counting, deleting and updating by a condition in the filter language: one pass over the columns that it names, rows
/// remembered as one bit each. Free functions; `current` belongs to the caller's thread.

#include <map>
#include <memory>
#include <span>
#include <string>

#include "query/selection.h"
#include "squire/table.h"
#include "table/snapshot.h"

namespace squire::engine {

Result<int64_t> CountRows(const table::Snapshot& snapshot, const query::Selection& selection);

/// The live rows of which `where` holds: offsets by fragment id. ERRORS: InvalidArgument for the condition.
Result<std::map<uint64_t, lance::RowSet>> FindRows(const table::Snapshot& snapshot, const std::string& where);

/// `where` as a transaction shows it to people: valid UTF-8, long ones cut.
std::string PredicateText(const std::string& where);

/// `current` is moved to the new version. See Table::Delete and Table::Update.
Result<DeleteResult> Delete(std::shared_ptr<const table::Snapshot>& current, const std::string& where);
Result<UpdateResult> Update(std::shared_ptr<const table::Snapshot>& current, const std::string& where,
                            std::span<const Assignment> set);
Result<UpdateResult> Update(std::shared_ptr<const table::Snapshot>& current, const std::string& where,
                            const Batch& values);

}  // namespace squire::engine
