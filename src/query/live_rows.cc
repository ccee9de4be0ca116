#include "query/live_rows.h"

#include <algorithm>

namespace squire::query {

Result<std::vector<uint8_t>> LiveRows(const table::Snapshot& snapshot, const table::RowRange& range) {
  const lance::RowSet& deleted = *TRY(snapshot.fragment(range.fragment).Deleted());
  std::vector<uint8_t> live(static_cast<size_t>(range.count), 1);
  if (deleted.empty()) return live;
  for (size_t row = 0; row < live.size(); row++)
    live[row] = !deleted.Contains(static_cast<uint64_t>(range.first) + row);
  return live;
}

Result<std::vector<uint64_t>> LiveBits(table::Fragment& fragment) {
  const auto rows = static_cast<uint64_t>(fragment.physical_rows());
  const lance::RowSet& deleted = *TRY(fragment.Deleted());
  std::vector<uint64_t> bits(CeilDiv(rows, 64), ~uint64_t{0});
  if (rows % 64 != 0) bits.back() = (uint64_t{1} << (rows % 64)) - 1;
  const auto words = deleted.words();
  for (size_t i = 0; i < std::min(bits.size(), words.size()); i++) bits[i] &= ~words[i];
  return bits;
}

}  // namespace squire::query
