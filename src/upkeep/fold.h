#pragma once

/// Takes rows that an index does not cover yet into it. Until then they are found by reading them.

#include <memory>
#include <string>
#include <vector>

#include "index/key/btree.h"
#include "table/snapshot.h"

namespace squire::upkeep {

/// Fragments, by index in the snapshot, that the key index does not cover.
std::vector<size_t> Uncovered(const table::Snapshot& snapshot, const index::BTree& tree);

/// Publishes `index` in place of `removed`; its files go again when that fails. Returns the new version.
Result<uint64_t> PublishIndex(std::shared_ptr<const table::Snapshot>& current, pb::IndexMetadata index,
                              std::vector<std::string> removed);

/// Folds the key indexes for which it is due: the rows they lack lie in many fragments, or are many. With `all`, those
/// that lack any. Returns how many, each in a version of its own. ERRORS: what a commit can meet.
Result<uint64_t> FoldKeyIndexes(std::shared_ptr<const table::Snapshot>& current, bool all = false);

/// The same for vector indexes that are read here: their rows are found meanwhile, so that they may wait longer.
Result<uint64_t> FoldVectorIndexes(std::shared_ptr<const table::Snapshot>& current, bool all = false);

/// The same for text indexes by words that are known here. An index is several entries, each of rows of its own: rows
/// that it lacks become one more, together with those entries that are not much larger, so that a row is written anew
/// O(log n) times.
Result<uint64_t> FoldTextIndexes(std::shared_ptr<const table::Snapshot>& current, bool all = false);

}  // namespace squire::upkeep
