#pragma once

/// What a manifest says of an index: which fragments its entries are of, and the entry itself of a new one.

#include <set>
#include <string>
#include <vector>

#include "table/snapshot.h"

namespace squire::index {

/// Fragments whose rows are in the index, as far as the version knows them. ERRORS: Corruption.
Result<std::set<uint64_t>> CoveredFragments(const table::Snapshot& snapshot, const pb::IndexMetadata& index);

/// An entry for an index over all of the snapshot's fragments, without details. `uuid` as it stands in paths.
pb::IndexMetadata DescribeIndex(const table::Snapshot& snapshot, const std::string& uuid, int32_t field_id,
                                const std::string& name, const std::vector<std::pair<std::string, uint64_t>>& files);

}  // namespace squire::index
