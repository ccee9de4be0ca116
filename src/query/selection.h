#pragma once

/// Selection: which rows of a version a search or scan is about, by a condition in the filter language and by a row
/// filter of the caller's. Immutable; any thread may ask it.

#include <optional>
#include <string>
#include <vector>

#include "query/where/filter.h"
#include "squire/table.h"
#include "table/scan.h"

namespace squire::query {

class Selection {
 public:
  /// Every row that passes `where` (empty: all do) and `filter`.
  /// ERRORS: InvalidArgument for the condition, with the place in it; NotFound for a column of `filter`.
  static Result<Selection> Make(const table::Snapshot& snapshot, const std::string& where,
                                const std::optional<RowFilter>& filter = std::nullopt);

  [[nodiscard]] bool passes_everything() const { return !where_ && !filter_; }
  [[nodiscard]] bool passes_nothing() const { return where_ && where_->passes_nothing(); }
  /// The condition, or null.
  [[nodiscard]] const where::Filter* where() const { return where_ ? &*where_ : nullptr; }
  /// The columns that Keep looks at.
  [[nodiscard]] const table::Projection& columns() const { return columns_; }

  /// One byte a row: 1 when it is selected. REQUIRES: the rows hold columns().
  [[nodiscard]] Result<std::vector<uint8_t>> Keep(const Batch& rows) const;

 private:
  std::optional<where::Filter> where_;
  std::optional<RowFilter> filter_;
  table::Projection columns_;
};

/// `columns` as table::Project has them, but none for an empty list.
Result<table::Projection> ProjectExactly(const table::Snapshot& snapshot, const std::vector<std::string>& columns);

}  // namespace squire::query
