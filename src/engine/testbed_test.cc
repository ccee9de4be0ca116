// The testbed: its table, its operations, and that all of them work where nothing fails.

#include "engine/testbed.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/table_impl.h"
#include "lance/logical_type.h"
#include "table/commit.h"
#include "table/fragment_writer.h"
#include "table/scan.h"
#include "upkeep/doctor.h"
#include "upkeep/leftovers.h"
#include "upkeep/prune.h"
#include "upkeep/removed.h"
#include "upkeep/repair.h"
#include "upkeep/verify.h"

namespace squire::testbed {
namespace {

constexpr int kDim = 8;
constexpr int kRows = 16;  // a fragment

std::vector<float> VectorOf(const std::string& text) {
  uint64_t state = std::hash<std::string>()(text);
  std::vector<float> out(kDim);
  for (float& value : out) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<float>(state >> 40) / static_cast<float>(1 << 24) - 0.5f;
  }
  return out;
}

std::string CellText(const Array& array, int64_t row) {
  if (!array.IsValid(row)) return "null";
  if (array.type.id == TypeId::kString) return std::string(array.Text(row));
  if (array.type.id == TypeId::kInt32) return std::to_string(array.values<int32_t>()[static_cast<size_t>(row)]);
  const auto items = array.Items<float>(row);
  return {reinterpret_cast<const char*>(items.data()), items.size_bytes()};
}

void AddRows(const Batch& batch, std::multiset<std::string>& out) {
  for (int64_t row = 0; row < batch.num_rows; row++) {
    std::string text;
    for (const Array& column : batch.columns) text += CellText(column, row) + "|";
    out.insert(std::move(text));
  }
}

std::string Join(const std::multiset<std::string>& rows) {
  std::string out;
  for (const std::string& row : rows) out += row + "\n";
  return out;
}

/// A write: opens the table, does it, and answers with nothing, for what was written says it all.
template <class Write>
Operation Writing(const char* name, Write write, Start start = Start::kTable) {
  return {name,
          [write](FileSystem& fs) -> Result<std::string> {
            Table table = TRY(TableAccess::Open(fs, kRoot));
            TRY(write(table));
            return std::string();
          },
          start};
}

template <class Read>
Operation Reading(const char* name, Read read) {
  return {name, [read](FileSystem& fs) -> Result<std::string> {
            Table table = TRY(TableAccess::Open(fs, kRoot));
            return read(table);
          }};
}

std::string HitText(const std::vector<Hit>& hits) {
  std::string out;
  for (const Hit& hit : hits) out += std::to_string(hit.row_address) + ":" + std::to_string(hit.score) + "\n";
  return out;
}

/// Rows in data files of a few KiB each, as a big append has them of 128 MiB.
Result<std::string> BulkAppend(FileSystem& fs) {
  auto files = std::make_shared<table::FileCache>(fs, 8);
  auto snapshot = TRY(table::Snapshot::Open(files, kRoot));
  table::FragmentWriter writer(fs, snapshot->paths(), snapshot->schema(), snapshot->manifest().fields(),
                               {.rows_max = 8, .names = TRY(snapshot->NewNames())});
  table::Change change;
  const auto commit = [&]() -> Result<void> {
    for (int i = 0; i < 5; i++) TRY(writer.Write(Rows("bulk" + std::to_string(i), 8)));
    change.new_fragments = TRY(writer.Finish());
    TRY(table::Commit(snapshot, change));
    return {};
  };
  auto committed = commit();
  if (!committed && committed.error().code != Code::kCommitUnknown) writer.RemoveFiles();
  TRY(std::move(committed));
  return std::string();
}

/// As the driver does it where bytes press: nothing waits for its grace.
Result<std::string> PruneUnasked(FileSystem& fs) {
  TRY(upkeep::Prune(fs, kRoot, upkeep::Retention(1, /*bytes_pressing=*/true)));
  return std::string();
}

/// What a writer left that died before it published.
Result<std::string> ClearLeftovers(FileSystem& fs) {
  const table::Paths paths{kRoot};
  const uint32_t id = table::NewWriterId();
  TRY(fs.CreateFolders(paths.Writers()));
  TRY(fs.Lock(JoinPath(paths.Writers(), table::WriterIdText(id)), false));
  auto file = TRY(fs.Create(paths.DataFile(table::FileNames(id).DataFile())));
  TRY(file->Append(AsBytes("rows")));
  TRY(file->Close());
  const upkeep::LeftoverResult result = upkeep::ClearLeftovers(fs, kRoot);
  if (result.failure) return *result.failure;
  return std::to_string(result.files_removed);
}

Result<std::string> RefreshAfterAnother(FileSystem& fs) {
  Table table = TRY(TableAccess::Open(fs, kRoot, {.version = 3}));
  const bool moved = TRY(table.Refresh());
  return std::to_string(moved) + " " + std::to_string(table.version()) + "\n" + Join(TRY(Contents(table)));
}

Result<void> Overwrite(Table& table) {
  const Schema schema{{{"name", TypeId::kString, true, {}}}, {}};
  auto write = TRY(table.BeginOverwrite(schema));
  const std::string_view names[] = {"x", "y"};
  TRY(write->Append({schema, {StringArray(names)}, 2}));
  TRY(write->Commit());
  return {};
}

/// Two appends and two deletes in one version.
Result<void> MixedWrite(Table& table) {
  auto write = TRY(table.BeginWrite());
  TRY(write->Append(Rows("m", 10)));
  TRY(write->DeleteKeys("id", Keys({"a#1", "b#2"})));
  TRY(write->Append(Rows("n", 10)));
  TRY(write->DeleteKeys("id", Keys({"c#3"})));
  TRY(write->Commit());
  return {};
}

Result<std::string> VersionsText(const Table& table) {
  std::string out;
  for (const VersionInfo& info : TRY(table.Versions()))
    out += std::to_string(info.version) + " " + std::to_string(info.rows) + "\n";
  return out;
}

/// What was put off is as good as an error here.
Result<void> Told(const std::string& put_off) {
  if (put_off.empty()) return {};
  Error error = FromErrno(EIO, put_off);
  return error;
}

Result<void> Optimize(Table& table) {
  const UpkeepStats stats = TRY(table.Optimize());
  TRY(Told(stats.compacted.put_off));
  TRY(Told(stats.pruned.put_off));
  return Told(stats.put_off);
}

Result<std::string> VerifyText(const Table& table) {
  const VerifyReport report = table.Verify();
  // A report that names problems is how Verify says that it failed.
  if (!report.problems.empty()) return Corruption(report.problems[0]);
  return std::to_string(report.rows);
}

/// What keeps a doctor from looking is told as a problem.
Result<std::string> DoctorText(FileSystem& fs) {
  const DoctorReport report = TRY(upkeep::Diagnose(fs, kRoot));
  if (!report.problems.empty()) return Corruption(report.problems[0].text);
  return std::to_string(report.bytes.total) + " " + std::to_string(report.bytes.live) + " " +
         std::to_string(report.remedies.size());
}

Result<std::string> VerifyFolderText(FileSystem& fs) {
  const TableVerifyReport report = TRY(upkeep::VerifyTable(fs, kRoot, {.deep = true, .progress = {}}));
  if (!report.problems.empty()) return Corruption(report.problems[0]);
  return std::to_string(report.rows) + " " + std::to_string(report.indexes);
}

/// A table that is whole stays as it is, whatever keeps a repair from reading it.
Result<std::string> RepairText(FileSystem& fs) {
  const RepairReport report = TRY(upkeep::Repair(fs, kRoot));
  if (report.changes_anything() || !report.left.empty()) return Corruption("a table that is whole was repaired");
  return std::to_string(report.version);
}

Result<std::string> StatsText(const Table& table) {
  const TableStats stats = TRY(table.Stats());
  return std::to_string(stats.rows) + " " + std::to_string(stats.files) + " " + std::to_string(stats.live_bytes) + " " +
         std::to_string(stats.bytes_on_disk);
}

/// What keeps the table from being green, or that nothing does.
Result<std::string> HealthText(const Table& table) {
  const TableHealth health = table.Health();
  for (const StageHealth& stage : health.stages)
    if (stage.red) return stage.last_error.value_or(Internal("red without an error"));
  return std::to_string(health.measures.bytes - health.measures.live_bytes > 0);
}

/// An append held to limits, so that the folder and the disk are looked at.
Result<std::string> LimitedAppend(FileSystem& fs) {
  Table table = TRY(TableAccess::Open(fs, kRoot, {.limits = {.max_bytes = 1 << 30, .min_free_disk = 1}}));
  TRY(table.Append(Rows("e", 12)));
  return std::string();
}

RowFilter EvenLines() {
  return {{"line"}, [](const Batch& rows, std::span<uint8_t> keep) -> Result<void> {
            const auto lines = rows.Find("line")->values<int32_t>();
            for (size_t i = 0; i < keep.size(); i++) keep[i] &= lines[i] % 2 == 0;
            return {};
          }};
}

std::vector<Operation> MakeOperations() {
  std::vector<Operation> out;
  const auto ignore = [](auto result) -> Result<void> {
    if (!result) return std::move(result.error());
    return {};
  };
  out.push_back({"create",
                 [](FileSystem& fs) -> Result<std::string> {
                   TRY(TableAccess::Create(fs, kRoot, RowSchema()));
                   return std::string();
                 },
                 Start::kNothing});
  out.push_back(Writing("append", [=](Table& t) { return ignore(t.Append(Rows("d", 12))); }));
  out.push_back({"bulk_append", BulkAppend});
  out.push_back(Writing("delete_keys", [=](Table& t) {
    return ignore(t.DeleteKeys("id", Keys({"a#3", "a#4", "b#5", "c#15", "none"})));
  }));
  out.push_back(Writing("delete_fragment", [=](Table& t) { return ignore(t.DeleteKeys("path", Keys({"b"}))); }));
  out.push_back(Writing("upsert", [=](Table& t) { return ignore(t.UpsertByKey("id", Rows("a", 8, 1))); }));
  out.push_back(Writing("mixed_write", MixedWrite));
  out.push_back(Writing("overwrite", Overwrite));
  out.push_back(Writing("delete_where", [=](Table& t) { return ignore(t.Delete("line < 3 AND id <> 'b#1'")); }));
  out.push_back(Writing("update", [=](Table& t) {
    const Assignment set[] = {{"text", "'new'"}, {"line", "line + 100"}};
    return ignore(t.Update("line > 12", set));
  }));
  out.push_back(Writing("merge_insert", [=](Table& t) {
    const std::string on[] = {"id"};
    return ignore(t.MergeInsert(on, {.update_matched = true, .insert_not_matched = true}, Rows("c", 20, 2)));
  }));
  out.push_back(Writing("add_column", [=](Table& t) {
    const NewColumn column[] = {{{"twice", TypeId::kInt32, true, {}}, "line * 2"}};
    return ignore(t.AddColumns(column));
  }));
  out.push_back(Writing("drop_column", [=](Table& t) {
    const std::string column[] = {"text"};
    return ignore(t.DropColumns(column));
  }));
  out.push_back(Writing("rename_column", [=](Table& t) { return ignore(t.RenameColumn("text", "words")); }));
  out.push_back(Writing("restore", [=](Table& t) { return ignore(t.Restore(3)); }));
  const Start indexed = Start::kIndexed;
  out.push_back(
      Writing("indexed_upsert", [=](Table& t) { return ignore(t.UpsertByKey("id", Rows("a", 8, 1))); }, indexed));
  out.push_back(
      Writing("indexed_delete", [=](Table& t) { return ignore(t.DeleteKeys("id", Keys({"a#3", "c#5"}))); }, indexed));
  out.push_back(
      Writing("indexed_prune", [](Table& t) -> Result<void> { return Told(TRY(t.Prune()).put_off); }, indexed));
  out.push_back(Writing("drop_index", [=](Table& t) { return ignore(t.DropIndex("id_idx")); }, indexed));
  out.push_back(Writing("create_tag", [=](Table& t) { return t.CreateTag("new", 3); }, indexed));
  out.push_back(Writing("update_tag", [=](Table& t) { return t.UpdateTag("old", 3); }, indexed));
  out.push_back(Writing("delete_tag", [=](Table& t) { return t.DeleteTag("old"); }, indexed));
  out.push_back(Writing("key_index", [=](Table& t) { return ignore(t.CreateKeyIndex("id")); }));
  out.push_back(Writing("text_index", [=](Table& t) {
    return ignore(t.CreateTextIndex(std::vector<std::string>{"text"}, {.with_position = true}));
  }));
  out.push_back(Writing("vector_index", [=](Table& t) {
    return ignore(t.CreateVectorIndex("vector", {.metric = Metric::kL2, .partitions = 4}));
  }));
  out.push_back(Writing(
      "replace_vector_index", [=](Table& t) { return ignore(t.CreateVectorIndex("vector", {.bits = 2})); },
      Start::kVectors));
  out.push_back(Writing("drop_text_index", [=](Table& t) { return ignore(t.DropIndex("text_idx")); }, indexed));
  for (Operation& operation : std::vector<Operation>{
           Writing("fold_text", Optimize, indexed), Writing("fold_vectors", Optimize, Start::kVectors),
           Writing("compact", [](Table& t) -> Result<void> { return Told(TRY(t.Compact()).put_off); }),
           Writing(
               "append_and_upkeep", [=](Table& t) { return ignore(t.Append(Rows("d", 2))); }, Start::kBusy),
           Writing(
               "upsert_and_upkeep", [=](Table& t) { return ignore(t.UpsertByKey("id", Rows("s9", 2, 1))); },
               Start::kBusy),
           Writing("optimize", Optimize, Start::kBusy)}) {
    operation.does_upkeep = true;
    out.push_back(std::move(operation));
  }
  for (Operation& operation : out) {
    const std::string_view name = operation.name;
    operation.is_delete = name == "indexed_delete" || (name.starts_with("delete_") && name != "delete_tag");
  }
  out.push_back(Writing("prune", [](Table& t) -> Result<void> { return Told(TRY(t.Prune()).put_off); }));
  out.push_back({"prune_unasked", PruneUnasked, indexed, true});
  out.push_back({"clear_leftovers", ClearLeftovers});
  out.push_back(Reading("open", [](Table& t) -> Result<std::string> { return std::to_string(t.version()); }));
  out.push_back({"open_version", [](FileSystem& fs) -> Result<std::string> {
                   return Join(TRY(Contents(TRY(TableAccess::Open(fs, kRoot, {.version = 3})))));
                 }});
  out.push_back({"refresh", RefreshAfterAnother});
  out.push_back(Reading("scan", [](Table& t) -> Result<std::string> { return Join(TRY(Contents(t))); }));
  out.push_back(
      Reading("count", [](Table& t) -> Result<std::string> { return std::to_string(TRY(t.CountRows(EvenLines()))); }));
  out.push_back(Reading("count_where", [](Table& t) -> Result<std::string> {
    return std::to_string(TRY(t.CountRows("line BETWEEN 3 AND 9 AND text IS NOT NULL")));
  }));
  out.push_back(Reading("take", [](Table& t) -> Result<std::string> {
    const std::vector<uint64_t> rows = {7, uint64_t{2} << 32 | 5, uint64_t{1} << 32 | 9};
    std::multiset<std::string> texts;
    AddRows(TRY(t.Take(rows)), texts);
    return Join(texts);
  }));
  out.push_back(Reading("vector_search", [](Table& t) -> Result<std::string> {
    return HitText(TRY(t.VectorSearch(std::vector<float>(kDim, 0.5f), {.limit = 7, .filter = EvenLines()})));
  }));
  out.push_back(Reading("text_search", [](Table& t) -> Result<std::string> {
    return HitText(TRY(t.TextSearch("words p5 revision", {.limit = 7, .filter = EvenLines()})));
  }));
  out.push_back({"limited_append", LimitedAppend});
  out.push_back(Reading("health", HealthText));
  out.push_back(Reading("stats", StatsText));
  out.push_back(Reading("verify", VerifyText));
  out.push_back(Reading("versions", VersionsText));
  out.push_back({"doctor", DoctorText, indexed});
  out.push_back({"verify_folder", VerifyFolderText, indexed});
  out.push_back({"repair_nothing", RepairText, indexed});
  return out;
}

}  // namespace

std::vector<Disk> Disks() {
  return {
      {"journalled", {.names_follow_file_sync = true}},
      {"strict", {}},
      {"no_links", {.names_follow_file_sync = true, .has_links = false}},
      {"bare", {.can_sync_all = false, .has_links = false, .has_rename_if_absent = false}},
  };
}

Schema RowSchema() {
  return Schema{{{"id", TypeId::kString, false, {}},
                 {"path", TypeId::kString, false, {}},
                 {"line", TypeId::kInt32, false, {}},
                 {"text", TypeId::kString, true, {}},
                 {"vector", VectorType(kDim), true, {}}},
                {}};
}

Batch Rows(const std::string& prefix, int count, int revision) {
  const Schema schema = RowSchema();
  std::vector<ArrayBuilder> columns;
  for (const Field& field : schema.fields) columns.emplace_back(field.type);
  for (int i = 0; i < count; i++) {
    const std::string id = prefix + "#" + std::to_string(i);
    columns[0].AppendText(id);
    columns[1].AppendText(prefix);
    columns[2].Append(static_cast<int32_t>(i));
    if (i % 7 == 6) {
      columns[3].AppendNull();
    } else {
      columns[3].AppendText("words of " + prefix + " p" + std::to_string(i) + " revision r" + std::to_string(revision));
    }
    if (i % 9 == 8) {
      columns[4].AppendNull();
    } else {
      columns[4].AppendItems<float>(VectorOf(id + std::to_string(revision)));
    }
  }
  Batch batch{schema, {}, count};
  for (ArrayBuilder& column : columns) batch.columns.push_back(*column.Finish());
  return batch;
}

Array Keys(const std::vector<std::string>& ids) {
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  return StringArray(views);
}

Result<std::multiset<std::string>> Contents(const Table& table) {
  std::multiset<std::string> out;
  auto scanner = TRY(table.Scan({.batch_rows = 64, .filter = {}}));
  while (auto batch = TRY(scanner->Next())) AddRows(*batch, out);
  return out;
}

Result<State> Observe(FileSystem& fs) {
  auto table = TableAccess::Open(fs, kRoot);
  if (!table && table.error().code == Code::kNotFound) return State{};
  if (!table) return std::move(table.error());
  const VerifyReport report = table->Verify();
  if (!report.problems.empty()) return Corruption(report.problems[0]);
  State state{table->version(), TRY(Contents(*table))};
  for (const TagInfo& tag : TRY(table->Tags()))
    state.rows.insert("tag " + tag.name + " " + std::to_string(tag.version));
  return state;
}

void Prepare(FileSystem& fs, Start start) {
  if (start == Start::kNothing) return;
  auto table = TableAccess::Create(fs, kRoot, RowSchema());
  ASSERT_TRUE(table) << table.error().ToString();
  const std::vector<std::string> text = {"text"};
  for (const char* prefix : {"a", "b", "c"}) {
    if (start == Start::kIndexed && prefix[0] == 'c') {
      ASSERT_TRUE(table->CreateTextIndex(text));
    }
    if (start == Start::kVectors && prefix[0] == 'c') {
      ASSERT_TRUE(table->CreateVectorIndex("vector", {.partitions = 2}));
    }
    ASSERT_TRUE(table->Append(Rows(prefix, kRows)));
  }
  ASSERT_TRUE(table->DeleteKeys("id", Keys({"b#7", "b#8", "c#0"})));
  if (start == Start::kTable || start == Start::kVectors) return;
  if (start == Start::kBusy) {
    for (int i = 0; i < 16; i++) ASSERT_TRUE(table->Append(Rows("s" + std::to_string(i), 2)));
    return;
  }
  ASSERT_TRUE(table->CreateKeyIndex("id"));
  ASSERT_TRUE(table->CreateTag("old", 2));
}

const std::vector<Operation>& Operations() {
  static const std::vector<Operation> operations = MakeOperations();
  return operations;
}

std::vector<std::string> Unreferenced(FileSystem& fs, const std::string& root) {
  std::set<std::string> named = {"_versions/latest_version_hint.json", "_versions/.publish_lock",
                                 "_refs/tags/.publish_lock"};
  const table::Paths paths{root};
  const auto versions = table::ListVersions(fs, paths);
  for (const auto& version : versions ? *versions : std::vector<table::VersionFile>()) {
    named.insert("_versions/" + version.file.name);
    const auto bytes = ReadWholeFile(fs, JoinPath(paths.Versions(), version.file.name));
    const auto parsed = lance::ParseManifest(*bytes, version.file.name);
    if (!parsed) continue;
    named.insert("_transactions/" + parsed->manifest.transaction_file());
    for (const pb::DataFragment& fragment : parsed->manifest.fragments()) {
      for (const pb::DataFile& file : fragment.files()) named.insert("data/" + file.path());
      named.insert("_deletions/" + table::Paths::DeletionName(fragment.id(), fragment.deletion_file()));
    }
  }
  const auto waiting = upkeep::ListRemoved(fs, paths);
  for (const auto& list : waiting ? *waiting : std::vector<upkeep::RemovedList>()) {
    const auto names = upkeep::ReadRemoved(fs, paths, list);
    if (names) named.insert(names->begin(), names->end());
  }
  std::vector<std::string> out;
  for (const char* folder : {"data", "_deletions", "_transactions", "_versions", "_refs/tags"}) {
    const auto files = fs.List(JoinPath(root, folder));
    for (const FileInfo& file : files ? *files : std::vector<FileInfo>()) {
      const bool is_tag = file.name.ends_with(".json") && std::string(folder) == "_refs/tags";
      if (!is_tag && !named.contains(JoinPath(folder, file.name))) out.push_back(JoinPath(folder, file.name));
    }
  }
  return out;
}

int Effort() {
  const char* effort = std::getenv("SQUIRE_TEST_EFFORT");
  return effort == nullptr ? 1 : std::max(1, std::atoi(effort));
}

namespace {

TEST(TestbedTest, OperationsWorkOnEveryDisk) {
  for (const Disk& kind : Disks()) {
    for (const Operation& operation : Operations()) {
      MemoryFileSystem fs(kind.options), *disk = &fs;
      Prepare(fs, operation.start);
      ASSERT_FALSE(testing::Test::HasFatalFailure());
      const auto answer = operation.run(fs);
      EXPECT_TRUE(answer) << kind.name << " " << operation.name << ": " << answer.error().ToString();
      EXPECT_EQ(disk->open_handles(), 0) << operation.name;
      EXPECT_TRUE(Unreferenced(*disk, kRoot).empty()) << operation.name;
    }
  }
}

/// Small commits, on every disk that can sync at once: at most four syncs, however many fragments lose rows.
TEST(TestbedTest, ACommitTakesAtMostFourSyncs) {
  for (const Disk& kind : Disks()) {
    if (!kind.options.can_sync_all) continue;
    const std::set<std::string> writes_a_file_each = {"create",     "bulk_append",  "add_column",          "key_index",
                                                      "text_index", "vector_index", "replace_vector_index"};
    for (const Operation& operation : Operations()) {
      if (operation.does_upkeep || writes_a_file_each.contains(operation.name)) continue;
      MemoryFileSystem disk(kind.options);
      Prepare(disk, operation.start);
      const int64_t before = disk.syncs();
      ASSERT_TRUE(operation.run(disk));
      EXPECT_LE(disk.syncs() - before, 4) << kind.name << " " << operation.name;
    }
  }
}

}  // namespace
}  // namespace squire::testbed
