// squire::Table: the public class over the rooms below.

#include "squire/table.h"

#include <limits>

#include "engine/key_index.h"
#include "engine/merge.h"
#include "engine/scanner.h"
#include "engine/schema_change.h"
#include "engine/table_impl.h"
#include "engine/where.h"
#include "engine/write.h"
#include "query/fuse.h"
#include "query/search.h"
#include "table/commit.h"
#include "table/scan.h"
#include "table/tags.h"
#include "upkeep/compact.h"
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
  auto files = std::make_shared<table::FileCache>(fs, options.open_files_max);
  auto snapshot = TRY(table::CreateTable(files, path, schema));
  return Table(std::make_unique<Table::Impl>(Table::Impl{path, std::move(files), std::move(snapshot)}));
}

Result<Table> TableAccess::Open(FileSystem& fs, const std::string& path, const TableOptions& options) {
  auto files = std::make_shared<table::FileCache>(fs, options.open_files_max);
  const std::string root = options.branch.empty() ? path : table::Paths{path}.Branch(options.branch);
  auto snapshot = TRY(table::Snapshot::Open(files, root, options.version));
  return Table(std::make_unique<Table::Impl>(Table::Impl{root, std::move(files), std::move(snapshot)}));
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

Result<std::vector<Hit>> Table::TextSearch(const std::string& text, const TextSearchOptions& options) const {
  return query::TextSearch(*impl_->snapshot, text, options);
}

Result<std::unique_ptr<TableWrite>> Table::BeginWrite() { return TRY(engine::BeginWrite(impl_->snapshot)); }

Result<std::unique_ptr<TableWrite>> Table::BeginOverwrite(const Schema& schema) {
  return TRY(engine::BeginWrite(impl_->snapshot, schema));
}

Result<uint64_t> Table::Append(const Batch& rows) {
  auto write = TRY(BeginWrite());
  TRY(write->Append(rows));
  return write->Commit();
}

Result<uint64_t> Table::DeleteKeys(const std::string& column, const Array& keys) {
  auto write = TRY(BeginWrite());
  TRY(write->DeleteKeys(column, keys));
  return write->Commit();
}

Result<DeleteResult> Table::Delete(const std::string& where) { return engine::Delete(impl_->snapshot, where); }

Result<UpdateResult> Table::Update(const std::string& where, std::span<const Assignment> set) {
  return engine::Update(impl_->snapshot, where, set);
}

Result<uint64_t> Table::UpsertByKey(const std::string& column, const Batch& rows) {
  const Array* keys = rows.Find(column);
  if (keys == nullptr) return NotFound("the rows have no column '" + column + "'");
  auto write = TRY(BeginWrite());
  TRY(write->DeleteKeys(column, *keys));
  TRY(write->Append(rows));
  return write->Commit();
}

Result<MergeInsertResult> Table::MergeInsert(std::span<const std::string> on, const MergeInsertOptions& options,
                                             const Batch& rows) {
  return engine::MergeInsert(impl_->snapshot, on, options, rows);
}

Result<uint64_t> Table::AddColumns(std::span<const NewColumn> columns) {
  return engine::AddColumns(impl_->snapshot, columns);
}

Result<uint64_t> Table::DropColumns(std::span<const std::string> columns) {
  return engine::DropColumns(impl_->snapshot, columns);
}

Result<uint64_t> Table::RenameColumn(const std::string& column, const std::string& name) {
  return engine::RenameColumn(impl_->snapshot, column, name);
}

Result<uint64_t> Table::CreateKeyIndex(const std::string& column, const std::string& name) {
  return engine::CreateKeyIndex(impl_->snapshot, column, name);
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

Result<CompactStats> Table::Compact() {
  auto result = TRY(upkeep::Compact(impl_->snapshot));
  impl_->snapshot = std::move(result.snapshot);
  return CompactStats{result.fragments_before, result.fragments_after, result.rows_dropped, result.bytes_written};
}

Result<PruneStats> Table::Prune(const PruneRequest& request) {
  upkeep::PruneOptions options;
  options.keep_versions = request.keep_versions;
  options.older_than_ns = Nanoseconds(request.older_than_s);
  options.orphan_age_ns = Nanoseconds(request.leftover_age_s);
  options.dry_run = request.dry_run;
  const auto result = TRY(upkeep::Prune(impl_->files->fs(), impl_->path, options));
  return PruneStats{result.versions_removed, result.files_removed, result.bytes_freed};
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
