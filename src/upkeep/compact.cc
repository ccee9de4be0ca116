#include "upkeep/compact.h"

#include <algorithm>
#include <cerrno>

#include "table/fragment_writer.h"
#include "table/owned.h"
#include "table/scan.h"

namespace squire::upkeep {
namespace {

constexpr int64_t kBatchBytes = 8 << 20;
constexpr int64_t kFirstBatchRows = 32;
constexpr int64_t kBatchRowsMax = 8192;

/// Copies the live rows of a fragment, in batches of as many rows as the last ones suggest make kBatchBytes.
Result<void> CopyRows(const table::Snapshot& snapshot, const table::Projection& projection, size_t fragment,
                      int64_t& batch_rows, table::FragmentWriter& writer) {
  const int64_t rows = snapshot.fragment(fragment).physical_rows();
  for (int64_t first = 0; first < rows;) {
    const table::RowRange range{fragment, first, std::min(batch_rows, rows - first)};
    const auto read = TRY(table::ReadRange(snapshot, projection, range));
    TRY(writer.Write(read.batch));
    first += range.count;
    int64_t bytes = 1;
    for (const Array& column : read.batch.columns) bytes += column.byte_size();
    const int64_t fitting = kBatchBytes * std::max<int64_t>(1, read.batch.num_rows) / bytes;
    batch_rows = std::clamp<int64_t>(std::min(fitting, batch_rows * 8), 1, kBatchRowsMax);
  }
  return {};
}

/// ERRORS: NoSpace, before anything is written, where the rows of `run` do not fit: filling the disk would make others
/// fail.
Result<void> CheckRoom(const table::Snapshot& base, const FragmentRun& run) {
  const auto free = base.files()->fs().FreeBytes(base.paths().root);
  if (!free) return {};  // not told here
  uint64_t needed = 0;
  const std::vector<FragmentSize> sizes = TRY(SizesOf(base));
  for (size_t i = run.first; i < run.first + run.count; i++) needed += sizes[i].live_bytes;
  if (*free >= needed) return {};
  return FromErrno(
      ENOSPC, "a compaction is to write " + std::to_string(needed) + " bytes, the disk has " + std::to_string(*free),
      base.paths().root);
}

}  // namespace

Result<void> Rewrite(std::shared_ptr<const table::Snapshot>& current, const FragmentRun& run, uint64_t file_bytes_max,
                     CompactResult& done) {
  const table::Snapshot& base = *current;
  TRY(CheckRoom(base, run));
  const table::Projection projection = TRY(table::Project(base, {}));
  table::FragmentWriter writer(base.files()->fs(), base.paths(), base.schema(), base.manifest().fields(),
                               {.file_bytes_max = file_bytes_max,
                                .version = TRY(table::FileVersionOf(base.manifest())),
                                // As others write them: their tables do not grow by being kept.
                                .dense_texts = !table::IsOwned(base.manifest()),
                                .names = TRY(base.NewNames())});
  table::Change change;
  change.kind = table::Change::Kind::kRewrite;
  uint64_t dropped = 0;
  const auto commit = [&]() -> Result<std::shared_ptr<const table::Snapshot>> {
    int64_t batch_rows = kFirstBatchRows;
    for (size_t i = run.first; i < run.first + run.count; i++) {
      TRY(CopyRows(base, projection, i, batch_rows, writer));
      change.rewritten.push_back(base.fragment(i).id());
      dropped += base.fragment(i).meta().deletion_file().num_deleted_rows();
    }
    change.new_fragments = TRY(writer.Finish());
    return table::Commit(current, std::move(change));
  };
  auto committed = commit();
  if (!committed) {
    if (committed.error().code != Code::kCommitUnknown) writer.RemoveFiles();
    return std::move(committed.error());
  }
  done.rows_dropped += dropped;
  done.bytes_written += writer.bytes_written();
  current = *std::move(committed);
  return {};
}

}  // namespace squire::upkeep
