#include "query/measure_rows.h"

#include <algorithm>

#include "base/parallel.h"
#include "table/scan.h"

namespace squire::query {
namespace {

constexpr size_t kFewOf = 16;               // one row in so many is read by itself
constexpr size_t kSharedBytes = 128 << 10;  // of rows that several searches measure while they are near the core
constexpr auto kRangeRows = static_cast<uint64_t>(VectorCache::kRangeRows);

/// Rows [begin, begin + count) of a range.
vector::RowBlock BlockOf(const VectorRange& vectors, size_t begin, size_t count) {
  vector::RowBlock block;
  block.stride_bytes = vectors.dim * sizeof(float);
  block.count = count;
  block.bytes = vectors.values.span().subspan(begin * block.stride_bytes, count * block.stride_bytes);
  return block;
}

Result<void> MeasureRow(const VectorRange& vectors, size_t row, uint64_t address,
                        std::span<vector::ExactSearch> searches) {
  if (!vectors.IsValid(row)) return {};
  vector::RowBlock block = BlockOf(vectors, row, 1);
  block.first_row = address;
  for (vector::ExactSearch& search : searches) TRY(search.AddBlock(block));
  return {};
}

/// Measures rows of a range whose bits are set (empty: all of them), for each search.
Result<void> MeasureRange(const VectorRange& vectors, std::span<const uint64_t> wanted, uint64_t first_address,
                          std::span<vector::ExactSearch> searches) {
  // Whole words of the mask; all at once where there is nobody to share with.
  const size_t shared = std::max<size_t>(64, kSharedBytes / (vectors.dim * sizeof(float)) / 64 * 64);
  const size_t step = searches.size() > 1 ? shared : std::max<size_t>(1, vectors.count);
  for (size_t row = 0; row < vectors.count; row += step) {
    vector::RowBlock block = BlockOf(vectors, row, std::min(step, vectors.count - row));
    block.first_row = first_address + row;
    if (!wanted.empty()) block.live = wanted.subspan(row / 64);
    for (vector::ExactSearch& search : searches) TRY(search.AddBlock(block));
  }
  return {};
}

/// One bit a row of a range: not deleted; empty when none is.
Result<std::vector<uint64_t>> LiveBits(const table::Snapshot& snapshot, const table::RowRange& range) {
  const lance::RowSet& deleted = *TRY(snapshot.fragment(range.fragment).Deleted());
  if (deleted.empty()) return std::vector<uint64_t>();
  std::vector<uint64_t> bits(CeilDiv(static_cast<size_t>(range.count), 64), ~uint64_t{0});
  const auto words = deleted.words();
  const size_t first = static_cast<size_t>(range.first) / 64;
  for (size_t i = 0; i < bits.size() && first + i < words.size(); i++) bits[i] &= ~words[first + i];
  return bits;
}

/// The bits of a range's rows in a mask, one a row.
std::vector<uint64_t> SelectedBits(const vector::RowMask& selected, uint64_t fragment_id,
                                   const table::RowRange& range) {
  std::vector<uint64_t> bits(CeilDiv(static_cast<size_t>(range.count), 64));
  const auto words = selected.WordsOf(fragment_id);
  const size_t first = static_cast<size_t>(range.first) / 64;
  for (size_t i = 0; i < bits.size() && first + i < words.size(); i++) bits[i] = words[first + i];
  return bits;
}

std::vector<uint64_t> AddressesOf(std::span<const uint64_t> bits, uint64_t first_address) {
  std::vector<uint64_t> out;
  for (size_t word = 0; word < bits.size(); word++) {
    for (uint64_t rest = bits[word]; rest != 0; rest &= rest - 1)
      out.push_back(first_address + 64 * word + static_cast<uint64_t>(__builtin_ctzll(rest)));
  }
  return out;
}

size_t CountBits(std::span<const uint64_t> bits) {
  size_t count = 0;
  for (const uint64_t word : bits) count += static_cast<size_t>(__builtin_popcountll(word));
  return count;
}

}  // namespace

Result<void> RowMeasurer::ReadFew(std::span<const uint64_t> addresses, std::span<vector::ExactSearch> searches) const {
  if (addresses.empty()) return {};
  const Batch rows = TRY(table::TakeRows(snapshot_, column_, addresses));
  const VectorRange vectors = TRY(VectorRange::Of(rows.columns[0]));
  for (size_t row = 0; row < addresses.size(); row++) TRY(MeasureRow(vectors, row, addresses[row], searches));
  return {};
}

Result<void> RowMeasurer::Few(std::span<const uint64_t> addresses, vector::ExactSearch& search) const {
  std::vector<uint64_t> others, ids;
  std::vector<const uint8_t*> rows;
  std::vector<std::shared_ptr<const VectorRange>> ranges;  // that rows lie in
  for (const uint64_t address : addresses) {
    const uint64_t offset = address & 0xffffffff, row = offset % kRangeRows;
    const table::Fragment* fragment = snapshot_.FindFragment(address >> 32);
    auto held = fragment == nullptr ? nullptr : cache_.Find(*fragment, offset);
    if (held == nullptr || row >= held->count) {
      others.push_back(address);
    } else if (held->IsValid(row)) {
      rows.push_back(held->values.data() + row * held->dim * sizeof(float));
      ids.push_back(address);
      ranges.push_back(std::move(held));
    }
  }
  search.AddRows(rows, ids);
  if (others.empty()) return {};
  TRY(cache_.Missed(snapshot_, column_, others));
  return ReadFew(others, {&search, 1});
}

Result<void> RowMeasurer::Range(const table::RowRange& range, const vector::RowMask* selected,
                                std::span<vector::ExactSearch> searches) const {
  table::Fragment& fragment = snapshot_.fragment(range.fragment);
  const uint64_t first = table::RowAddress(fragment.id(), static_cast<uint64_t>(range.first));
  std::vector<uint64_t> wanted;
  if (selected != nullptr) {
    wanted = SelectedBits(*selected, fragment.id(), range);
    const size_t count = CountBits(wanted);
    if (count == 0) return {};
    if (count <= static_cast<size_t>(range.count) / kFewOf &&
        cache_.Find(fragment, static_cast<uint64_t>(range.first)) == nullptr)
      return ReadFew(AddressesOf(wanted, first), searches);
  } else {
    wanted = TRY(LiveBits(snapshot_, range));
  }
  const auto vectors = TRY(cache_.Read(snapshot_, column_, range));
  if (wanted.empty()) return MeasureRange(*vectors, vectors->valid, first, searches);
  for (size_t i = 0; i < vectors->valid.size(); i++) wanted[i] &= vectors->valid[i];
  return MeasureRange(*vectors, wanted, first, searches);
}

Result<void> RowMeasurer::Ranges(std::span<const table::RowRange> ranges, const vector::RowMask* selected, int threads,
                                 std::span<vector::ExactSearch> searches) const {
  if (!ranges.empty()) cache_.BeginSearch();
  return ParallelFor(ranges.size(), threads, [&](size_t i) { return Range(ranges[i], selected, searches); });
}

}  // namespace squire::query
