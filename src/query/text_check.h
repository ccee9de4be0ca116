#pragma once

/// TextCheck: whether rows hold what a clause of a query says, by their texts. Belongs to one search.

#include "index/text/query.h"
#include "index/text/text_index.h"
#include "table/scan.h"

namespace squire::query {

class TextCheck {
 public:
  /// REQUIRES: all outlive it.
  TextCheck(const table::Snapshot& snapshot, const text::Analyzer& analyzer,
            const text::TextIndexParameters& parameters, const text::TextQuery& query)
      : snapshot_(snapshot), analyzer_(analyzer), parameters_(parameters), query_(query) {}

  /// ERRORS: NotFound for the clause's column; Corruption, Io.
  [[nodiscard]] Result<bool> Holds(uint64_t row, const text::TextClause& clause) const;

 private:
  [[nodiscard]] bool HoldsText(std::string_view text, const text::TextClause& clause) const;

  const table::Snapshot& snapshot_;
  const text::Analyzer& analyzer_;
  const text::TextIndexParameters& parameters_;
  const text::TextQuery& query_;
};

}  // namespace squire::query
