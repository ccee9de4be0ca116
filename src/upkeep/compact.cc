#include "upkeep/compact.h"

#include "table/fragment_writer.h"
#include "table/scan.h"

namespace squire::upkeep {
namespace {

constexpr int64_t kBatchRows = 2048;  // 3 MiB of 384 floats

uint64_t SizeOf(const pb::DataFragment& fragment) {
  uint64_t bytes = 0;
  for (const pb::DataFile& file : fragment.files()) bytes += file.file_size_bytes();
  return bytes;
}

/// Fragments, by index, whose rewriting makes fewer files or frees bytes.
std::vector<size_t> Choose(const table::Snapshot& snapshot, const CompactOptions& options) {
  std::vector<size_t> chosen, small;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) {
    const table::Fragment& fragment = snapshot.fragment(i);
    const auto rows = static_cast<double>(fragment.physical_rows());
    const double deleted = rows - static_cast<double>(fragment.live_rows());
    const bool is_small = SizeOf(fragment.meta()) < options.target_bytes;
    if (deleted > 0 && (deleted >= options.deleted_share_min * rows || is_small))
      chosen.push_back(i);
    else if (is_small)
      small.push_back(i);
  }
  // One small fragment alone is as good as it gets; with company it is worth merging.
  if (small.size() + chosen.size() > 1) chosen.insert(chosen.end(), small.begin(), small.end());
  std::ranges::sort(chosen);
  return chosen;
}

Result<void> CheckIndexes(const table::Snapshot& snapshot) {
  if (snapshot.indices().indices_size() == 0) return {};
  return Unsupported("index '" + snapshot.indices().indices(0).name() +
                         "' refers to rows by their place; a table with indexes is not compacted yet",
                     snapshot.paths().root);
}

}  // namespace

Result<CompactResult> Compact(std::shared_ptr<const table::Snapshot> snapshot, const CompactOptions& options) {
  CompactResult result;
  result.fragments_before = result.fragments_after = snapshot->num_fragments();
  result.snapshot = snapshot;
  const std::vector<size_t> chosen = Choose(*snapshot, options);
  if (chosen.empty()) return result;
  TRY(CheckIndexes(*snapshot));

  const table::Projection projection = TRY(table::Project(*snapshot, {}));
  table::FragmentWriter writer(
      snapshot->files()->fs(), snapshot->paths(), snapshot->schema(), snapshot->manifest().fields(),
      {.file_bytes_max = options.target_bytes, .version = TRY(table::FileVersionOf(snapshot->manifest()))});
  const auto write = [&]() -> Result<void> {
    for (size_t index : chosen) {
      const int64_t rows = snapshot->fragment(index).physical_rows();
      for (int64_t first = 0; first < rows; first += kBatchRows) {
        const table::RowRange range{index, first, std::min(kBatchRows, rows - first)};
        TRY(writer.Write(TRY(table::ReadRange(*snapshot, projection, range)).batch));
      }
    }
    return {};
  };
  table::Change change;
  change.kind = table::Change::Kind::kRewrite;
  const auto commit = [&]() -> Result<std::shared_ptr<const table::Snapshot>> {
    TRY(write());
    change.new_fragments = TRY(writer.Finish());
    for (size_t index : chosen) {
      change.rewritten.push_back(snapshot->fragment(index).id());
      result.rows_dropped += snapshot->fragment(index).meta().deletion_file().num_deleted_rows();
    }
    return table::Commit(snapshot, std::move(change));
  };
  auto committed = commit();
  if (!committed) {
    if (committed.error().code != Code::kCommitUnknown) writer.RemoveFiles();
    return std::move(committed.error());
  }
  result.snapshot = *std::move(committed);
  result.fragments_after = result.snapshot->num_fragments();
  result.bytes_written = writer.bytes_written();
  return result;
}

}  // namespace squire::upkeep
