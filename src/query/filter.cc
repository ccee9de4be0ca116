#include "query/filter.h"

namespace squire::query {

Result<std::vector<uint8_t>> Keep(const std::optional<RowFilter>& filter, const Batch& rows) {
  std::vector<uint8_t> keep(static_cast<size_t>(rows.num_rows), 1);
  if (filter) TRY(filter->apply(rows, keep));
  return keep;
}

Result<void> ApplyFilter(const RowFilter& filter, table::RangeBatch& rows) {
  const auto keep = TRY(Keep(filter, rows.batch));
  std::vector<int64_t> kept;
  std::vector<uint64_t> addresses;
  for (size_t row = 0; row < keep.size(); row++) {
    if (!keep[row]) continue;
    kept.push_back(static_cast<int64_t>(row));
    addresses.push_back(rows.addresses[row]);
  }
  if (kept.size() == keep.size()) return {};
  for (Array& column : rows.batch.columns) column = TRY(TakeRows(column, kept));
  rows.batch.num_rows = std::ssize(kept);
  rows.addresses = std::move(addresses);
  return {};
}

}  // namespace squire::query
