#include "query/select_rows.h"

#include <algorithm>

#include "base/parallel.h"
#include "query/live_rows.h"

namespace squire::query {
namespace {

constexpr int64_t kRangeRows = 65'536;      // a multiple of 64, so that ranges share no word
constexpr size_t kKeptTextBytesMax = 4096;  // of conditions whose rows are kept

struct KeptRows {
  uint64_t version = 0;
  std::shared_ptr<const vector::RowMask> rows;
};

}  // namespace

Result<std::shared_ptr<const vector::RowMask>> SelectRows(const table::Snapshot& snapshot, const Selection& selection,
                                                          const std::string& where, int threads) {
  const bool is_kept = !where.empty() && where.size() <= kKeptTextBytesMax;
  const std::string key = "rows " + snapshot.paths().root + '\0' + where;
  if (is_kept) {
    const auto kept = snapshot.files()->Recall<KeptRows>(key);
    if (kept != nullptr && kept->version == snapshot.version()) return kept->rows;
  }
  std::vector<std::vector<uint64_t>> bits;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) bits.push_back(TRY(LiveBits(snapshot.fragment(i))));
  const auto ranges = table::PlanRanges(snapshot, kRangeRows);
  const auto select = [&](size_t r) -> Result<void> {
    const table::RowRange& range = ranges[r];
    const Batch rows = TRY(table::ReadPhysicalRange(snapshot, selection.columns(), range));
    const auto keep = TRY(selection.Keep(rows));
    uint64_t* words = bits[range.fragment].data() + range.first / 64;
    for (size_t row = 0; row < keep.size(); row += 64) {
      uint64_t word = 0;
      for (size_t i = row; i < std::min(row + 64, keep.size()); i++) word |= uint64_t{keep[i] != 0} << (i - row);
      words[row / 64] &= word;
    }
    return {};
  };
  TRY(ParallelFor(ranges.size(), threads, select));
  auto mask = std::make_shared<vector::RowMask>();
  for (size_t i = 0; i < snapshot.num_fragments(); i++) mask->Add(snapshot.fragment(i).id(), std::move(bits[i]));
  if (is_kept) {
    auto kept = std::make_shared<KeptRows>(KeptRows{snapshot.version(), mask});
    snapshot.files()->Remember(key, std::move(kept));
  }
  return std::shared_ptr<const vector::RowMask>(std::move(mask));
}

}  // namespace squire::query
