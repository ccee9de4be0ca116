#pragma once

#include "table/snapshot.h"

namespace squire::upkeep {

/// Whether a vector index fits its column: centers and partitions can be read and are of its width; with `deep`, every
/// live row of the fragments that it covers is in it once, and the factors of its code are those of its vector. Returns
/// the bytes read. ERRORS: Corruption is damage; Unsupported for kinds and forms that are not read.
Result<int64_t> CheckVectorIndex(const table::Snapshot& snapshot, const pb::IndexMetadata& index, bool deep);

}  // namespace squire::upkeep
