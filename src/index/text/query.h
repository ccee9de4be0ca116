#pragma once

/// TextQuery: a query for words, parsed. A value; docs/text_search.md has the syntax.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "squire/result.h"

namespace squire::text {

/// A longer query is refused.
inline constexpr size_t kMaxQueryBytes = 64 << 10;

/// Distinct words of a query that are looked for.
inline constexpr size_t kMaxQueryWords = 256;

/// What a document must hold, or must not: these words, each right after the one before.
struct TextClause {
  bool excluded = false;
  std::vector<uint16_t> words;  ///< indexes into TextQuery::words; never empty
};

struct TextQuery {
  std::vector<std::string> words;  ///< distinct and folded
  std::vector<uint32_t> weights;   ///< how often each was asked for; 0 for a word that is only excluded
  std::vector<TextClause> clauses;
  bool truncated = false;  ///< plain words beyond kMaxQueryWords were left out
};

/// Parses plain words, "an exact phrase", +required and -excluded words or phrases.
/// ERRORS: InvalidArgument when the query is longer than kMaxQueryBytes, or its phrases and signed words alone have
/// more than kMaxQueryWords distinct words.
Result<TextQuery> ParseTextQuery(std::string_view query);

}  // namespace squire::text
