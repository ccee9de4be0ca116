#pragma once

/// The indexes that a chunk table is searched through once it is large. Small ones are faster without.

#include <cstdint>

#include "squire/table.h"

namespace squire::sync {

/// Makes those that are missing: of vectors by cosine, of words over text, name and path. Returns how many versions
/// that took. One that cannot be made is told in the log and is no harm: searches look at all rows meanwhile.
uint64_t MakeWantedIndexes(Table& table, int threads);

/// Whether any is missing.
bool WantsIndexes(const Table& table);

}  // namespace squire::sync
