#pragma once

/// What a text index is asked to be, as it is kept with it.

#include <span>

#include "index/text/text_index.h"
#include "squire/table.h"

namespace squire::text {

/// ERRORS: InvalidArgument, Unsupported: options that do not make an analyzer, or do not fit the columns.
Result<TextIndexParameters> ParametersFor(std::span<const int32_t> field_ids, const TextIndexOptions& options);

}  // namespace squire::text
