#pragma once

/// The parser: filter text to syntax, by operator precedence, with its own stack. One pass; chains of AND and OR become
/// one node with a list, so a million arms are a million leaves below one node.

#include <vector>

#include "query/where/columns.h"
#include "query/where/syntax.h"
#include "squire/schema.h"

namespace squire::where {

inline constexpr size_t kNestingMax = size_t{1} << 22;  ///< open brackets and operators that wait for a right side
inline constexpr size_t kNodesMax = size_t{1} << 25;    ///< values, comparisons and the like
inline constexpr size_t kTermsMax = size_t{1} << 23;    ///< those that no key set takes up

struct Parsed {
  Syntax syntax;
  std::vector<DataType> types;  ///< of casts
};

/// Parses `text`; the columns that it names are found in, and added to, `columns`. The result refers to `text`.
/// ERRORS: InvalidArgument: what was found, what was expected, and where; Unsupported never.
Result<Parsed> Parse(std::string_view text, Columns& columns);

}  // namespace squire::where
