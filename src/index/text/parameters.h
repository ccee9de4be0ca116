#pragma once

/// What a text index is asked to be, as it is kept with it.

#include <span>

#include "index/text/text_index.h"
#include "squire/table.h"

namespace squire::text {

/// ERRORS: InvalidArgument, Unsupported: options that do not make an analyzer, or do not fit the columns.
Result<TextIndexParameters> ParametersFor(std::span<const int32_t> field_ids, const TextIndexOptions& options);

/// What an index was asked to be, of what is left of it: as its files say, or else the manifest. ERRORS: Corruption
/// when neither tells; Unsupported.
Result<TextIndexParameters> ParametersOf(const table::Snapshot& snapshot, const pb::IndexMetadata& index);

}  // namespace squire::text
