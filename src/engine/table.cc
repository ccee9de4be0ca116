// squire::Table: the public class over the rooms below.

#include "squire/table.h"

#include <limits>

#include "engine/indexes.h"
#include "engine/merge.h"
#include "engine/scanner.h"
#include "engine/schema_change.h"
#include "engine/table_impl.h"
#include "engine/where.h"
#include "engine/write.h"
#include "query/fuse.h"
#include "query/search.h"
#include "table/commit.h"
#include "table/owned.h"
#include "table/scan.h"
#include "table/tags.h"
#include "upkeep/keeper.h"
#include "upkeep/prune.h"
#include "upkeep/stats.h"
#include "upkeep/verify.h"

namespace squire {

Table::Table(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Table::Table(Table&&) noexcept = default;
Table& Table::operator=(Table&&) noexcept = default;
Table::~Table() = default;

Result<Table> TableAccess::Create(FileSystem& fs, const std::string& path, const Schema& schema,
                                  const TableOptions& options) {
  auto files = std::make_shared<table::FileCache>(fs, engine::OpenFilesMax(options));
  std::map<std::string, std::string> config;
  if (options.has_upkeep) config[table::kUpkeepKey] = table::kUpkeepAuto;
  auto snapshot = TRY(table::CreateTable(files, path, schema, config));
  auto watch = std::make_unique<engine::Watch>(*snapshot, options.limits);
  watch->health().Save();  // on a full disk it would be too late to make the record
  return Table(
      std::make_unique<Table::Impl>(Table::Impl{path, std::move(files), std::move(snapshot), std::move(watch)}));
}

Result<Table> TableAccess::Open(FileSystem& fs, const std::string& path, const TableOptions& options) {
  auto files = std::make_shared<table::FileCache>(fs, engine::OpenFilesMax(options));
  const std::string root = options.branch.empty() ? path : table::Paths{path}.Branch(options.branch);
  auto opened = table::Snapshot::Open(files, root, options.version);
  if (!opened) {
    if (!options.version) engine::NoteFailedOpen(fs, root, opened.error());
    return std::move(opened.error());
  }
  std::shared_ptr<const table::Snapshot> snapshot = *std::move(opened);
  auto watch = std::make_unique<engine::Watch>(*snapshot, options.limits);
  return Table(
      std::make_unique<Table::Impl>(Table::Impl{root, std::move(files), std::move(snapshot), std::move(watch)}));
}

namespace {
/// As near as 64 bits come: times from a table, or from a caller, may be any.
int64_t Nanoseconds(int64_t seconds, int64_t more_ns = 0) {
  int64_t out = 0;
  if (!__builtin_mul_overflow(seconds, int64_t{1'000'000'000}, &out) && !__builtin_add_overflow(out, more_ns, &out))
    return out;
  return seconds < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

FileSystem& FileSystemFor(const TableOptions& options) {
  return options.durability == Durability::kSynced ? PosixFileSystem() : UnsyncedFileSystem();
}
}  // namespace

Result<Table> Table::Create(const std::string& path, const Schema& schema, const TableOptions& options) {
  return TableAccess::Create(FileSystemFor(options), path, schema, options);
}

Result<Table> Table::Open(const std::string& path, const TableOptions& options) {
  return TableAccess::Open(FileSystemFor(options), path, options);
}

const std::string& Table::path() const { return impl_->path; }
uint64_t Table::version() const { return impl_->snapshot->version(); }
const Schema& Table::schema() const { return impl_->snapshot->schema(); }

bool Table::is_pinned() const { return impl_->snapshot->is_pinned(); }

Result<bool> Table::Refresh() {
  const auto newest = TRY(table::FindManifest(impl_->files->fs(), impl_->snapshot->paths()));
  if (newest.version == version()) return false;
  impl_->snapshot = TRY(table::Snapshot::Open(impl_->files, impl_->path));
  return true;
}

TableHealth Table::Health() const { return impl_->watch->health().Look(*impl_->snapshot); }

void Table::SetLimits(const TableLimits& limits) { impl_->watch->set_limits(limits); }

int64_t Table::CountRows() const { return impl_->snapshot->num_rows(); }

Result<int64_t> Table::CountRows(const RowFilter& filter) const {
  return engine::CountRows(*impl_->snapshot, TRY(query::Selection::Make(*impl_->snapshot, "", filter)));
}

Result<int64_t> Table::CountRows(const std::string& where) const {
  return engine::CountRows(*impl_->snapshot, TRY(query::Selection::Make(*impl_->snapshot, where)));
}

Result<TableStats> Table::Stats() const {
  const upkeep::TableBytes bytes = TRY(upkeep::MeasureTable(*impl_->snapshot));
  const table::Snapshot& snapshot = *impl_->snapshot;
  TableStats stats{
      CountRows(), version(), bytes.versions, snapshot.num_fragments(), bytes.files, bytes.on_disk, bytes.live, {}, {}};
  stats.upkeep_seconds = std::chrono::duration<double>(impl_->keeper.unasked_time()).count();
  stats.upkeep_versions = impl_->keeper.versions_made();
  stats.indexes = static_cast<uint64_t>(snapshot.indices().indices_size());
  for (size_t i = 0; i < snapshot.num_fragments(); i++) stats.fragment_rows.push_back(snapshot.fragment(i).live_rows());
  return stats;
}

Result<std::vector<VersionInfo>> Table::Versions() const {
  std::vector<VersionInfo> out;
  auto files = TRY(table::ListVersions(impl_->files->fs(), impl_->snapshot->paths()));
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    auto snapshot = table::Snapshot::Open(impl_->files, impl_->path, file->version);
    if (!snapshot) {
      if (snapshot.error().code == Code::kNotFound) continue;  // pruned since it was listed
      return std::move(snapshot.error());
    }
    const pb::Manifest& manifest = (*snapshot)->manifest();
    out.push_back({file->version, Nanoseconds(manifest.timestamp().seconds(), manifest.timestamp().nanos()),
                   (*snapshot)->num_rows(), (*snapshot)->num_fragments(),
                   manifest.writer_version().library() + " " + manifest.writer_version().version()});
  }
  return out;
}

Result<std::unique_ptr<Scanner>> Table::Scan(const ScanOptions& options) const {
  return engine::OpenScanner(impl_->snapshot, options);
}

Result<Batch> Table::Take(std::span<const uint64_t> row_addresses, const std::vector<std::string>& columns) const {
  const auto projection = TRY(table::Project(*impl_->snapshot, columns));
  return table::TakeRows(*impl_->snapshot, projection, row_addresses);
}

Result<std::vector<uint64_t>> Table::RowAddresses(std::span<const int64_t> offsets) const {
  return table::AddressesOf(*impl_->snapshot, offsets);
}

Result<std::vector<Hit>> Table::VectorSearch(std::span<const float> query, const VectorSearchOptions& options) const {
  return query::VectorSearch(*impl_->snapshot, query, options);
}

Result<std::vector<std::vector<Hit>>> Table::VectorSearchMany(std::span<const float> queries,
                                                              const VectorSearchOptions& options) const {
  return query::VectorSearchMany(*impl_->snapshot, queries, options);
}

Result<std::vector<Hit>> Table::TextSearch(const std::string& text, const TextSearchOptions& options) const {
  return query::TextSearch(*impl_->snapshot, text, options);
}

namespace {

/// Passes on what a write or a part of one returned; where that is a full disk, the next one finds what room there is.
template <class T>
Result<T> WithRoomForNext(Table::Impl& impl, Result<T> written) {
  if (!written && written.error().code == Code::kNoSpace) impl.keeper.MakeRoom(impl.snapshot, /*for_delete=*/false);
  return written;
}

/// Passes on what a write returned, after its health is told and the table's upkeep has done the write's share.
template <class T>
Result<T> Kept(Table::Impl& impl, Result<T> written) {
  written = WithRoomForNext(impl, impl.watch->Wrote(std::move(written)));
  if (written) impl.keeper.AfterCommit(impl.snapshot);
  return written;
}

/// A delete is what makes room: on a full disk it is tried once more with the ballast's.
template <class TryDelete>
auto DeleteInAnyRoom(Table::Impl& impl, TryDelete try_delete) -> decltype(try_delete()) {
  auto done = try_delete();
  if (done || done.error().code != Code::kNoSpace) return done;
  impl.keeper.MakeRoom(impl.snapshot, /*for_delete=*/true);
  return try_delete();
}

/// Whether rows may be added, by the table's limits; at one of them, and on a nearly full disk, room is made first.
Result<void> Admit(Table::Impl& impl) {
  impl.keeper.Relieve(*impl.snapshot);
  return impl.watch->Admit(impl.snapshot, [&] { impl.keeper.Shrink(impl.snapshot); });
}

/// A write of a table whose commit is followed by upkeep.
class KeptWrite : public TableWrite {
 public:
  /// With what the table's limits say about rows, taken before the write began.
  KeptWrite(Table::Impl& impl, Result<void> admitted, std::unique_ptr<TableWrite> write)
      : impl_(impl), admitted_(std::move(admitted)), write_(std::move(write)) {}
  Result<void> Append(const Batch& rows) override {
    if (!admitted_) return admitted_;
    return WithRoomForNext(impl_, impl_.watch->WrotePart(write_->Append(rows)));
  }
  Result<void> DeleteKeys(const std::string& column, const Array& keys) override {
    return impl_.watch->WrotePart(write_->DeleteKeys(column, keys));
  }
  Result<void> DeleteWhere(const std::string& where) override {
    return impl_.watch->WrotePart(write_->DeleteWhere(where));
  }
  Result<uint64_t> Commit() override { return Kept(impl_, write_->Commit()); }

 private:
  Table::Impl& impl_;
  Result<void> admitted_;
  std::unique_ptr<TableWrite> write_;
};

}  // namespace

Result<std::unique_ptr<TableWrite>> Table::BeginWrite() {
  auto admitted = Admit(*impl_);
  return std::make_unique<KeptWrite>(*impl_, std::move(admitted), TRY(engine::BeginWrite(impl_->snapshot)));
}

Result<std::unique_ptr<TableWrite>> Table::BeginOverwrite(const Schema& schema) {
  auto admitted = Admit(*impl_);
  return std::make_unique<KeptWrite>(*impl_, std::move(admitted), TRY(engine::BeginWrite(impl_->snapshot, schema)));
}

Result<uint64_t> Table::Append(const Batch& rows) {
  auto write = TRY(BeginWrite());
  TRY(write->Append(rows));
  return write->Commit();
}

Result<uint64_t> Table::DeleteKeys(const std::string& column, const Array& keys) {
  return DeleteInAnyRoom(*impl_, [&]() -> Result<uint64_t> {
    auto write = TRY(BeginWrite());
    TRY(write->DeleteKeys(column, keys));
    return write->Commit();
  });
}

Result<DeleteResult> Table::Delete(const std::string& where) {
  return DeleteInAnyRoom(*impl_, [&] { return Kept(*impl_, engine::Delete(impl_->snapshot, where)); });
}

Result<UpdateResult> Table::Update(const std::string& where, std::span<const Assignment> set) {
  TRY(Admit(*impl_));
  return Kept(*impl_, engine::Update(impl_->snapshot, where, set));
}

Result<UpdateResult> Table::Update(const std::string& where, const Batch& values) {
  TRY(Admit(*impl_));
  return Kept(*impl_, engine::Update(impl_->snapshot, where, values));
}

Result<uint64_t> Table::UpsertByKey(const std::string& column, const Batch& rows) {
  const Array* keys = rows.Find(column);
  if (keys == nullptr) return NotFound("the rows have no column '" + column + "'");
  auto admitted = Admit(*impl_);
  auto rows_write = TRY(engine::BeginWrite(impl_->snapshot));
  rows_write->SetAddsKeysOnly();
  KeptWrite write(*impl_, std::move(admitted), std::move(rows_write));
  TRY(write.DeleteKeys(column, *keys));
  TRY(write.Append(rows));
  return write.Commit();
}

Result<MergeInsertResult> Table::MergeInsert(std::span<const std::string> on, const MergeInsertOptions& options,
                                             const Batch& rows) {
  TRY(Admit(*impl_));
  return Kept(*impl_, engine::MergeInsert(impl_->snapshot, on, options, rows));
}

Result<uint64_t> Table::AddColumns(std::span<const NewColumn> columns) {
  TRY(Admit(*impl_));
  return Kept(*impl_, engine::AddColumns(impl_->snapshot, columns));
}

Result<uint64_t> Table::DropColumns(std::span<const std::string> columns) {
  return Kept(*impl_, engine::DropColumns(impl_->snapshot, columns));
}

Result<uint64_t> Table::RenameColumn(const std::string& column, const std::string& name) {
  return engine::RenameColumn(impl_->snapshot, column, name);
}

Result<uint64_t> Table::CreateKeyIndex(const std::string& column, const std::string& name) {
  TRY(Admit(*impl_));
  return impl_->watch->Wrote(engine::CreateKeyIndex(impl_->snapshot, column, name));
}

Result<uint64_t> Table::CreateVectorIndex(const std::string& column, const VectorIndexOptions& options,
                                          const std::string& name) {
  TRY(Admit(*impl_));
  return impl_->watch->Wrote(engine::CreateVectorIndex(impl_->snapshot, column, options, name));
}

Result<uint64_t> Table::RetrainVectorIndexes(int threads) {
  TRY(Admit(*impl_));
  return impl_->watch->Wrote(engine::RetrainVectorIndexes(impl_->snapshot, threads));
}

Result<uint64_t> Table::CreateTextIndex(std::span<const std::string> columns, const TextIndexOptions& options,
                                        const std::string& name) {
  TRY(Admit(*impl_));
  return impl_->watch->Wrote(engine::CreateTextIndex(impl_->snapshot, columns, options, name));
}

Result<uint64_t> Table::DropIndex(const std::string& name) { return engine::DropIndex(impl_->snapshot, name); }

std::vector<IndexInfo> Table::Indexes() const { return engine::Indexes(*impl_->snapshot); }

Result<uint64_t> Table::Restore(uint64_t version) {
  table::Change change;
  change.kind = table::Change::Kind::kRestore;
  change.restored = TRY(table::Snapshot::Open(impl_->files, impl_->path, version));
  impl_->snapshot = TRY(table::Commit(impl_->snapshot, std::move(change)));
  return impl_->snapshot->version();
}

Result<std::vector<TagInfo>> Table::Tags() const {
  std::vector<TagInfo> out;
  for (table::Tag& tag : TRY(table::ListTags(impl_->files->fs(), impl_->snapshot->paths())))
    out.push_back({std::move(tag.name), tag.version});
  return out;
}

Result<void> Table::CreateTag(const std::string& name, uint64_t version) {
  const std::string mark = TRY(impl_->snapshot->NewNames()).Mark();
  return table::CreateTag(impl_->files->fs(), impl_->snapshot->paths(), name, version, mark);
}

Result<void> Table::UpdateTag(const std::string& name, uint64_t version) {
  const std::string mark = TRY(impl_->snapshot->NewNames()).Mark();
  return table::UpdateTag(impl_->files->fs(), impl_->snapshot->paths(), name, version, mark);
}

Result<void> Table::DeleteTag(const std::string& name) {
  return table::DeleteTag(impl_->files->fs(), impl_->snapshot->paths(), name);
}

namespace {

/// Whether trying later may help: nothing is wrong with the table or the call.
bool IsPutOff(Code code) {
  switch (code) {
    case Code::kNoSpace:
    case Code::kTooManyFiles:
    case Code::kIo:
    case Code::kConflict:
    case Code::kOverBudget: return true;
    default: return false;
  }
}

}  // namespace

namespace {

/// The stage's error as a sentence, where later may be better. ERRORS: what is wrong with the table.
Result<std::string> PutOff(const upkeep::UpkeepReport& report, upkeep::Stage stage) {
  const auto& error = report.put_off[static_cast<size_t>(stage)];
  if (!error) return std::string();
  if (!IsPutOff(error->code)) return *error;
  return error->ToString();
}

Result<CompactStats> CompactStatsOf(const upkeep::UpkeepReport& report) {
  const upkeep::CompactResult& done = report.compacted;
  return CompactStats{done.fragments_before, done.fragments_after, done.rows_dropped, done.bytes_written,
                      TRY(PutOff(report, upkeep::Stage::kCompact))};
}

Result<PruneStats> PruneStatsOf(const upkeep::UpkeepReport& report) {
  const upkeep::PruneResult& done = report.pruned;
  return PruneStats{done.versions_removed, done.files_removed, done.bytes_freed,
                    TRY(PutOff(report, upkeep::Stage::kPrune))};
}

upkeep::PruneOptions OptionsOf(const PruneRequest& request) {
  upkeep::PruneOptions options;
  options.keep_versions = request.keep_versions;
  options.older_than_ns = Nanoseconds(request.older_than_s);
  options.orphan_age_ns = Nanoseconds(request.leftover_age_s);
  options.dry_run = request.dry_run;
  return options;
}

}  // namespace

Result<CompactStats> Table::Compact() { return CompactStatsOf(impl_->keeper.Compact(impl_->snapshot)); }

Result<PruneStats> Table::Prune(const PruneRequest& request) {
  return PruneStatsOf(impl_->keeper.Prune(*impl_->snapshot, OptionsOf(request)));
}

Result<UpkeepStats> Table::Optimize(const PruneRequest& request) {
  const upkeep::UpkeepReport report = impl_->keeper.Optimize(impl_->snapshot, OptionsOf(request));
  UpkeepStats stats;
  stats.compacted = TRY(CompactStatsOf(report));
  stats.pruned = TRY(PruneStatsOf(report));
  stats.put_off = TRY(PutOff(report, upkeep::Stage::kFold));
  return stats;
}

VerifyReport Table::Verify() const {
  auto result = upkeep::Verify(*impl_->snapshot);
  return {result.fragments, result.rows, result.bytes_read, std::move(result.problems)};
}

std::vector<Hit> FuseHits(std::span<const std::vector<Hit>> rankings, size_t limit) {
  std::vector<std::vector<uint64_t>> rows;
  for (const auto& ranking : rankings) {
    for (auto& list = rows.emplace_back(); const Hit& hit : ranking) list.push_back(hit.row_address);
  }
  std::vector<RankedList> lists;
  for (const auto& list : rows) lists.push_back({list});
  std::vector<Hit> fused;
  for (const FusedRow& row : FuseRanks(lists, limit)) fused.push_back({row.row, static_cast<float>(row.score)});
  return fused;
}

}  // namespace squire
