#pragma once

/// Searches over one version of a table: vectors through an index where there is one, else, like words always, by
/// looking at every live row, by several threads at once. Free functions; safe from any thread.

#include <span>
#include <string>
#include <vector>

#include "squire/table.h"
#include "table/snapshot.h"

namespace squire::query {

/// The rows nearest to `query`, best first; score = -distance. Rows with a null vector are left out.
/// ERRORS: NotFound for the column, InvalidArgument when it does not hold vectors of the query's size.
Result<std::vector<Hit>> VectorSearch(const table::Snapshot& snapshot, std::span<const float> query,
                                      const VectorSearchOptions& options);

/// The same for each of several queries, which follow each other in `queries`.
Result<std::vector<std::vector<Hit>>> VectorSearchMany(const table::Snapshot& snapshot, std::span<const float> queries,
                                                       const VectorSearchOptions& options);

/// The rows that match `text` best by BM25, best first. Rows that the filter leaves out count in the statistics, so a
/// filter changes no score. ERRORS: NotFound for a column, InvalidArgument for the query.
Result<std::vector<Hit>> TextSearch(const table::Snapshot& snapshot, const std::string& text,
                                    const TextSearchOptions& options);

}  // namespace squire::query
