#pragma once

/// A query over the parts of an index, on disk and in memory, as over one: exact BM25 with the statistics of all of
/// them.

#include <functional>
#include <span>
#include <vector>

#include "index/text/bm25.h"
#include "index/text/known_words.h"
#include "index/text/query.h"
#include "index/text/searched_part.h"

namespace squire::text {

struct PartsSearch {
  const TextQuery* query = nullptr;
  std::span<const std::shared_ptr<const SearchedPart>> parts;
  KnownWords* known = nullptr;  ///< of just these parts; may be null
  Bm25Options options;          ///< k1 and b of it
  double measure = 1;           ///< how often the parts count what counts once
  size_t limit = 10;
  /// Whether the document of a part, by index in `parts`, at a row's address may be an answer; empty: every one.
  std::function<bool(size_t part, uint64_t row)> is_wanted;
  /// Whether a row's text holds what a clause says, its sign aside. Asked of rows that would be an answer for clauses
  /// of one column, and for phrases where a part does not know where its words stand.
  std::function<Result<bool>(uint64_t row, const TextClause& clause)> holds;
};

/// The best documents, best first, equal scores by row. ERRORS: Corruption, Io; those of `holds`.
Result<std::vector<TextHit>> SearchParts(const PartsSearch& search);

}  // namespace squire::text
