#pragma once

/// Indexes of a table: made, listed and dropped, and key indexes asked for rows. Free functions; `current`
/// belongs to the caller's thread and is moved to the new version.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "squire/table.h"
#include "table/key_set.h"
#include "table/snapshot.h"

namespace squire::engine {

/// Live rows, by fragment id, whose `column` is in `keys`, the set of `values`: through an index on the column where
/// few keys are asked for and there is one, else by reading the column. ERRORS: as table::FindRows.
Result<std::map<uint64_t, lance::RowSet>> FindRowsByKey(const table::Snapshot& snapshot, const std::string& column,
                                                        const Array& values, const table::KeySet& keys);

/// See Table::CreateKeyIndex, CreateVectorIndex, RetrainVectorIndexes, CreateTextIndex, DropIndex, Indexes.
Result<uint64_t> CreateKeyIndex(std::shared_ptr<const table::Snapshot>& current, const std::string& column,
                                const std::string& name);
Result<uint64_t> CreateVectorIndex(std::shared_ptr<const table::Snapshot>& current, const std::string& column,
                                   const VectorIndexOptions& options, const std::string& name);
Result<uint64_t> RetrainVectorIndexes(std::shared_ptr<const table::Snapshot>& current, int threads);
Result<uint64_t> CreateTextIndex(std::shared_ptr<const table::Snapshot>& current, std::span<const std::string> columns,
                                 const TextIndexOptions& options, const std::string& name);
Result<uint64_t> DropIndex(std::shared_ptr<const table::Snapshot>& current, const std::string& name);
std::vector<IndexInfo> Indexes(const table::Snapshot& snapshot);

}  // namespace squire::engine
