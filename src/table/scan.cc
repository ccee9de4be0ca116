#include "table/scan.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>

namespace squire::table {

Result<Projection> Project(const Snapshot& snapshot, std::span<const std::string> columns) {
  Projection out;
  const Schema& schema = snapshot.schema();
  if (columns.empty()) {
    out.schema = schema;
    for (size_t i = 0; i < schema.fields.size(); i++) out.field_ids.push_back(snapshot.field_id(i));
    return out;
  }
  for (const std::string& column : columns) {
    const int at = schema.Find(column);
    if (at < 0) return NotFound("the table has no column '" + column + "'");
    out.schema.fields.push_back(schema.fields[static_cast<size_t>(at)]);
    out.field_ids.push_back(snapshot.field_id(static_cast<size_t>(at)));
  }
  return out;
}

std::vector<RowRange> PlanRanges(const Snapshot& snapshot, int64_t rows_max) {
  std::vector<RowRange> ranges;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) {
    const int64_t rows = snapshot.fragment(i).physical_rows();
    for (int64_t first = 0; first < rows; first += rows_max)
      ranges.push_back({i, first, std::min(rows_max, rows - first)});
  }
  return ranges;
}

Result<Batch> ReadPhysicalRange(const Snapshot& snapshot, const Projection& projection, const RowRange& range) {
  Fragment& fragment = snapshot.fragment(range.fragment);
  Batch batch{projection.schema, {}, range.count};
  for (size_t i = 0; i < projection.field_ids.size(); i++) {
    const DataType& type = projection.schema.fields[i].type;
    batch.columns.push_back(TRY(fragment.Read(projection.field_ids[i], type, range.first, range.count)));
  }
  return batch;
}

Result<RangeBatch> ReadRange(const Snapshot& snapshot, const Projection& projection, const RowRange& range) {
  Fragment& fragment = snapshot.fragment(range.fragment);
  const lance::RowSet& deleted = *TRY(fragment.Deleted());
  std::vector<int64_t> live;
  RangeBatch out;
  for (int64_t row = 0; row < range.count; row++) {
    const auto offset = static_cast<uint64_t>(range.first + row);
    if (!deleted.empty() && deleted.Contains(offset)) continue;
    live.push_back(row);
    out.addresses.push_back(RowAddress(fragment.id(), offset));
  }
  if (live.empty()) {
    out.batch.schema = projection.schema;
    for (const Field& field : projection.schema.fields) out.batch.columns.push_back(TRY(NullArray(field.type, 0)));
    return out;
  }
  out.batch = TRY(ReadPhysicalRange(snapshot, projection, range));
  if (std::ssize(live) == range.count) return out;
  for (Array& column : out.batch.columns) column = TRY(squire::TakeRows(column, live));
  out.batch.num_rows = std::ssize(live);
  return out;
}

Result<Batch> TakeRows(const Snapshot& snapshot, const Projection& projection, std::span<const uint64_t> addresses) {
  // Sorted by address, so that each fragment is read once and front to back; then put back into the order asked for.
  std::vector<size_t> order(addresses.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return addresses[i]; });
  std::vector<int64_t> place(addresses.size());  // of each asked row in the sorted, unique rows
  std::map<uint64_t, std::vector<int64_t>> wanted;
  int64_t unique = -1;
  for (size_t i = 0; i < order.size(); i++) {
    const uint64_t address = addresses[order[i]];
    if (i == 0 || address != addresses[order[i - 1]]) {
      wanted[address >> 32].push_back(static_cast<int64_t>(address & 0xffffffff));
      unique++;
    }
    place[order[i]] = unique;
  }
  std::vector<std::vector<Array>> parts(projection.field_ids.size());
  for (const auto& [id, rows] : wanted) {
    Fragment* fragment = snapshot.FindFragment(id);
    if (fragment == nullptr || rows.back() >= fragment->physical_rows())
      return NotFound("row " + std::to_string(RowAddress(id, static_cast<uint64_t>(rows.back()))) +
                      " is not in this version");
    const lance::RowSet& deleted = *TRY(fragment->Deleted());
    for (int64_t row : rows) {
      if (deleted.Contains(static_cast<uint64_t>(row)))
        return NotFound("row " + std::to_string(RowAddress(id, static_cast<uint64_t>(row))) + " is deleted");
    }
    for (size_t i = 0; i < parts.size(); i++)
      parts[i].push_back(TRY(fragment->Take(projection.field_ids[i], projection.schema.fields[i].type, rows)));
  }
  Batch out{projection.schema, {}, std::ssize(addresses)};
  for (size_t i = 0; i < parts.size(); i++) {
    if (parts[i].empty())
      out.columns.push_back(TRY(ArrayBuilder(projection.schema.fields[i].type).Finish()));
    else
      out.columns.push_back(TRY(squire::TakeRows(TRY(Concatenate(parts[i])), place)));
  }
  return out;
}

namespace {

/// The offset in the fragment of its `index`-th live row. ERRORS: Corruption when the manifest counts fewer deleted
/// rows than there are.
Result<uint64_t> LiveOffset(const lance::RowSet& deleted, uint64_t index) {
  if (deleted.empty()) return index;
  for (uint64_t word = 0; word < deleted.words().size(); word++) {
    uint64_t live = ~deleted.words()[word];
    const auto count = static_cast<uint64_t>(std::popcount(live));
    if (index >= count) {
      index -= count;
      continue;
    }
    for (; index > 0; index--) live &= live - 1;
    return word * 64 + static_cast<uint64_t>(std::countr_zero(live));
  }
  return Corruption("a fragment has fewer live rows than its manifest says");
}

}  // namespace

Result<std::vector<uint64_t>> AddressesOf(const Snapshot& snapshot, std::span<const int64_t> offsets) {
  std::vector<int64_t> ends;  // of each fragment's live rows
  for (size_t i = 0; i < snapshot.num_fragments(); i++)
    ends.push_back((ends.empty() ? 0 : ends.back()) + snapshot.fragment(i).live_rows());
  std::vector<uint64_t> addresses;
  addresses.reserve(offsets.size());
  for (int64_t offset : offsets) {
    const auto end = std::ranges::upper_bound(ends, offset);
    if (offset < 0 || end == ends.end())
      return InvalidArgument("there is no row at offset " + std::to_string(offset) + " of " +
                             std::to_string(ends.empty() ? 0 : ends.back()));
    const auto index = static_cast<size_t>(end - ends.begin());
    Fragment& fragment = snapshot.fragment(index);
    const int64_t first = index == 0 ? 0 : ends[index - 1];
    const lance::RowSet& deleted = *TRY(fragment.Deleted());
    addresses.push_back(RowAddress(fragment.id(), TRY(LiveOffset(deleted, static_cast<uint64_t>(offset - first)))));
  }
  return addresses;
}

}  // namespace squire::table
