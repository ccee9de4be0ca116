#include "query/selection.h"

#include <algorithm>

namespace squire::query {

Result<table::Projection> ProjectExactly(const table::Snapshot& snapshot, const std::vector<std::string>& columns) {
  if (columns.empty()) return table::Projection();
  return table::Project(snapshot, columns);
}

Result<Selection> Selection::Make(const table::Snapshot& snapshot, const std::string& where,
                                  const std::optional<RowFilter>& filter) {
  Selection selection;
  std::vector<std::string> columns;
  if (!where.empty()) {
    selection.where_ = TRY(where::ParseFilter(where, snapshot.schema()));
    columns = selection.where_->columns();
  }
  if (filter) {
    selection.filter_ = filter;
    for (const std::string& column : filter->columns) {
      if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
    }
  }
  selection.columns_ = TRY(ProjectExactly(snapshot, columns));
  return selection;
}

Result<std::vector<uint8_t>> Selection::Keep(const Batch& rows) const {
  std::vector<uint8_t> keep(static_cast<size_t>(rows.num_rows), 1);
  if (where_) TRY(where_->Apply(rows, keep));
  if (filter_) TRY(filter_->apply(rows, keep));
  return keep;
}

}  // namespace squire::query
