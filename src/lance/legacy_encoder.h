#pragma once

/// Pages of file version 2.0, for tables that are kept in it: plain buffers, uncompressed. Pure functions.
/// Source: docs/lance_format.md, "Version 2.0".

#include <optional>
#include <span>
#include <vector>

#include "base/try.h"
#include "lance/logical_type.h"
#include "lance/proto/encodings20.pb.h"
#include "squire/array.h"

namespace squire::lance {

struct LegacyEncoded {
  std::vector<Buffer> buffers;
  pb20::ArrayEncoding encoding;
  int64_t num_rows = 0;
};

/// Columns of the file that a column of `type` takes: one a field, structs and lists included.
size_t LegacyColumnCount(const DataType& type);

/// A page for each column that `rows` takes, depth first; one without rows is not to be written.
/// `keys` of those that are dictionaries of texts.
/// ERRORS: Unsupported types by name, and null structs, which the version cannot hold; OverBudget, more entries than
/// the keys can number.
Result<std::vector<LegacyEncoded>> EncodeLegacy(const Array& rows, std::span<const std::optional<DictionaryKeys>> keys);

}  // namespace squire::lance
