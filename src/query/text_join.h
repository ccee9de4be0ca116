#pragma once

/// A search whose conditions are of columns that are not searched together: each column by itself, as an index of it
/// has it, and the rows that they have in common or add up to. Pure.

#include <functional>
#include <vector>

#include "squire/table.h"

namespace squire::query {

/// Conditions of one column, or of the columns that are searched as one; the first `typed` were written in a query.
struct TextQuestion {
  TextSearchOptions options;  ///< its conditions aside
  std::vector<TextCondition> conditions;
  size_t typed = 0;
};

/// Whether a condition of `column` is one of the columns that the options search as one.
bool IsOwnColumn(const TextSearchOptions& options, const std::string& column);

/// One question for what is asked of the options' own columns, and one for each other column that a condition names.
std::vector<TextQuestion> SplitByColumn(TextQuestion question);

/// The best rows by several questions, of which a row holds all that must be held and nothing that must not; it scores
/// the sum. `search` has the answers to one question. ERRORS: those of `search`.
Result<std::vector<Hit>> JoinAnswers(std::vector<TextQuestion> questions,
                                     const std::function<Result<std::vector<Hit>>(const TextQuestion&)>& search);

}  // namespace squire::query
