// The public Table class: what goes in comes out, versions, races, searches.

#include "squire/table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <random>
#include <set>
#include <thread>

namespace squire {
namespace {

constexpr int kDim = 16;

Schema ChunkSchema() {
  return Schema{{{"id", TypeId::kString, false, {}},
                 {"path", TypeId::kString, false, {}},
                 {"line", TypeId::kInt32, false, {}},
                 {"text", TypeId::kString, false, {}},
                 {"vector", VectorType(kDim), true, {}}},
                {}};
}

std::vector<float> VectorOf(int seed) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  std::vector<float> out(kDim);
  for (float& value : out) value = std::normal_distribution<float>()(random);
  return out;
}

/// `rows` rows of file `path`, every 9th without a vector.
Batch FileRows(const std::string& path, int rows, int revision = 0) {
  const Schema schema = ChunkSchema();
  ArrayBuilder id(schema.fields[0].type), file(schema.fields[1].type), line(schema.fields[2].type),
      text(schema.fields[3].type), vector(schema.fields[4].type);
  for (int i = 0; i < rows; i++) {
    id.AppendText(path + "#" + std::to_string(i));
    file.AppendText(path);
    line.Append(static_cast<int32_t>(i));
    text.AppendText("words of " + path + " revision r" + std::to_string(revision) + " part p" + std::to_string(i));
    if (i % 9 == 8)
      vector.AppendNull();
    else
      vector.AppendItems<float>(VectorOf(static_cast<int>(std::hash<std::string>()(path) % 100'000) + i));
  }
  Batch batch{schema, {}, rows};
  for (ArrayBuilder* builder : {&id, &file, &line, &text, &vector}) batch.columns.push_back(*builder->Finish());
  return batch;
}

class TableTest : public testing::Test {
 protected:
  TableTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_table_XXXXXX").string();
    path_ = std::string(::mkdtemp(pattern.data())) + "/t.lance";
  }
  ~TableTest() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }

  Table Create() {
    auto table = Table::Create(path_, ChunkSchema());
    EXPECT_TRUE(table) << table.error().ToString();
    return *std::move(table);
  }
  static std::multiset<std::string> Texts(const Table& table) {
    std::multiset<std::string> texts;
    auto scanner = table.Scan({.columns = {"text"}, .batch_rows = 100, .filter = {}});
    EXPECT_TRUE(scanner);
    while (true) {
      auto batch = (*scanner)->Next();
      EXPECT_TRUE(batch) << batch.error().ToString();
      if (!batch || !*batch) return texts;
      for (int64_t row = 0; row < (*batch)->num_rows; row++) texts.emplace((*batch)->columns[0].Text(row));
    }
  }

  std::string path_;
};

TEST_F(TableTest, AppendsReopensAndTakes) {
  Table table = Create();
  EXPECT_EQ(Table::Create(path_, ChunkSchema()).error().code, Code::kAlreadyExists);
  ASSERT_TRUE(table.Append(FileRows("a.cc", 500)));
  ASSERT_TRUE(table.Append(FileRows("b.cc", 300)));
  auto again = Table::Open(path_);
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(again->CountRows(), 800);
  EXPECT_EQ(again->version(), 3u);
  EXPECT_EQ(again->schema(), ChunkSchema());
  const std::vector<uint64_t> addresses = {uint64_t{1} << 32 | 7, 3, uint64_t{1} << 32 | 7};
  auto taken = again->Take(addresses, {"id", "line"});
  ASSERT_TRUE(taken) << taken.error().ToString();
  EXPECT_EQ(taken->columns[0].Text(0), "b.cc#7");
  EXPECT_EQ(taken->columns[0].Text(1), "a.cc#3");
  EXPECT_EQ(taken->columns[0].Text(2), "b.cc#7");
  EXPECT_EQ(again->Take(std::vector<uint64_t>{uint64_t{9} << 32}).error().code, Code::kNotFound);
  auto old = Table::Open(path_, {.version = 2});
  ASSERT_TRUE(old);
  EXPECT_EQ(old->CountRows(), 500);
}

TEST_F(TableTest, UpsertReplacesInOneVersion) {
  Table table = Create();
  for (int file = 0; file < 20; file++) ASSERT_TRUE(table.Append(FileRows("f" + std::to_string(file), 50)));
  const uint64_t before = table.version();
  ASSERT_TRUE(table.UpsertByKey("path", FileRows("f3", 10, 1)));
  EXPECT_EQ(table.version(), before + 1);
  EXPECT_EQ(table.CountRows(), 19 * 50 + 10);
  const auto texts = Texts(table);
  EXPECT_EQ(texts.count("words of f3 revision r0 part p1"), 0u);
  EXPECT_EQ(texts.count("words of f3 revision r1 part p1"), 1u);
  EXPECT_TRUE(table.Verify().problems.empty());
}

TEST_F(TableTest, DeletesWholeAndPartFragments) {
  Table table = Create();
  for (int file = 0; file < 10; file++) ASSERT_TRUE(table.Append(FileRows("f" + std::to_string(file), 100)));
  const std::string_view keys[] = {"f1", "f5", "nowhere"};
  ASSERT_TRUE(table.DeleteKeys("path", StringArray(keys)));
  EXPECT_EQ(table.CountRows(), 800);
  EXPECT_EQ(table.Stats()->fragments, 8u) << "a fragment without live rows goes";
  const std::string_view ids[] = {"f2#0", "f2#99", "f3#5"};
  ASSERT_TRUE(table.DeleteKeys("id", StringArray(ids)));
  EXPECT_EQ(table.CountRows(), 797);
  const uint64_t version = table.version();
  ASSERT_TRUE(table.DeleteKeys("id", StringArray(ids)));
  EXPECT_EQ(table.version(), version) << "nothing to delete is no new version";
  EXPECT_TRUE(table.Verify().problems.empty());
}

TEST_F(TableTest, CompactAndPruneKeepTheRows) {
  Table table = Create();
  for (int file = 0; file < 30; file++) ASSERT_TRUE(table.Append(FileRows("f" + std::to_string(file), 40)));
  for (int file = 0; file < 10; file++)
    ASSERT_TRUE(table.UpsertByKey("path", FileRows("f" + std::to_string(file), 20, 2)));
  const auto texts = Texts(table);
  auto compacted = table.Compact();
  ASSERT_TRUE(compacted) << compacted.error().ToString();
  EXPECT_EQ(compacted->fragments_after, 1u);
  EXPECT_EQ(Texts(table), texts);
  auto planned = table.Prune({.dry_run = true});
  auto pruned = table.Prune();
  ASSERT_TRUE(pruned) << pruned.error().ToString();
  EXPECT_EQ(planned->bytes_freed, pruned->bytes_freed);
  EXPECT_GT(pruned->versions_removed, 0u);
  auto stats = table.Stats();
  EXPECT_EQ(stats->versions, 1u);
  EXPECT_LT(stats->bytes_on_disk, stats->live_bytes * 6 / 5 + 8192);
  EXPECT_EQ(Texts(*Table::Open(path_)), texts);
  EXPECT_TRUE(table.Verify().problems.empty());
}

TEST_F(TableTest, RacingWritersLoseNothing) {
  {
    Table table = Create();
  }
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; writer++) {
    threads.emplace_back([&, writer] {
      auto table = Table::Open(path_);
      for (int i = 0; i < 15; i++) {
        const std::string path = "w" + std::to_string(writer);
        auto done = i % 3 == 2 ? table->UpsertByKey("path", FileRows(path + "/" + std::to_string(i - 1), 3, 1))
                               : table->Append(FileRows(path + "/" + std::to_string(i), 3));
        ASSERT_TRUE(done) << done.error().ToString();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto table = Table::Open(path_);
  EXPECT_EQ(table->CountRows(), 4 * 10 * 3);
  EXPECT_LE(table->version(), 1u + 4 * 15) << "writers that wait for each other share versions";
  EXPECT_TRUE(table->Verify().problems.empty());
}

TEST_F(TableTest, DeletesOfTheSameRowsBothSucceed) {
  Table one = Create();
  ASSERT_TRUE(one.Append(FileRows("a", 10)));
  Table two = *Table::Open(path_);
  const std::string_view keys[] = {"a#1"};
  ASSERT_TRUE(one.DeleteKeys("id", StringArray(keys)));
  EXPECT_EQ(*two.DeleteKeys("id", StringArray(keys)), one.version()) << "nothing was left to delete";
  const std::string_view more[] = {"a#1", "a#2"};
  ASSERT_TRUE(one.DeleteKeys("id", StringArray(more)));
  const std::string_view others[] = {"a#2", "a#3"};
  ASSERT_TRUE(two.DeleteKeys("id", StringArray(others)));
  EXPECT_EQ(two.CountRows(), 7);
}

TEST_F(TableTest, WritesMeetACompaction) {
  Table one = Create();
  for (int file = 0; file < 6; file++) ASSERT_TRUE(one.Append(FileRows("f" + std::to_string(file), 10)));
  Table two = *Table::Open(path_), three = *Table::Open(path_), four = *Table::Open(path_);
  auto late = *four.BeginWrite();
  const std::string_view gone[] = {"f4#1", "f2#7"};
  ASSERT_TRUE(late->DeleteKeys("id", StringArray(gone)));
  ASSERT_TRUE(one.Compact());
  ASSERT_EQ(one.Stats()->fragments, 1u);
  ASSERT_TRUE(two.UpsertByKey("path", FileRows("f1", 4, 1)));
  ASSERT_TRUE(three.Delete("path = 'f0'"));
  ASSERT_TRUE(late->Commit());
  ASSERT_TRUE(*one.Refresh());
  EXPECT_EQ(one.CountRows(), 4 + 9 + 10 + 9 + 10);
  EXPECT_TRUE(one.Verify().problems.empty());
}

TEST_F(TableTest, SmallCommitsStaySmallUnasked) {
  Table table = Create();
  for (int i = 0; i < 200; i++) {
    ASSERT_TRUE(table.UpsertByKey("path", FileRows("f" + std::to_string(i % 20), 10, i)));
    const auto stats = table.Stats();
    ASSERT_LE(stats->versions, 16u) << i;
    ASSERT_LE(stats->fragments, 64u) << i;
    ASSERT_LE(stats->bytes_on_disk, 2 * stats->live_bytes + (64 << 20)) << i;
  }
  EXPECT_EQ(table.CountRows(), 200);
  EXPECT_TRUE(table.Verify().problems.empty());
}

TEST_F(TableTest, ProgramsOfOneCommitLookAsSeldomAsOneOfMany) {
  // More bytes than make a look due, in no more than one file.
  ASSERT_TRUE(Create().Append(FileRows("great", 120'000)));
  uint64_t versions_max = 0;
  for (int i = 0; i < 24; i++) {
    auto table = Table::Open(path_);
    ASSERT_TRUE(table && table->UpsertByKey("path", FileRows("small", 1, i)));
    const uint64_t versions = table->Stats()->versions;
    EXPECT_LE(versions, 16u) << i;
    versions_max = std::max(versions_max, versions);
  }
  EXPECT_GE(versions_max, 8u) << "looked after each of them";
}

TEST_F(TableTest, SearchesFindWhatIsThere) {
  Table table = Create();
  for (int file = 0; file < 5; file++) ASSERT_TRUE(table.Append(FileRows("f" + std::to_string(file), 2000)));
  const std::string_view gone[] = {"f1#77"};
  ASSERT_TRUE(table.DeleteKeys("id", StringArray(gone)));
  for (int threads : {1, 3}) {
    const std::vector<uint64_t> place = {uint64_t{3} << 32 | 1234};
    auto row = table.Take(place, {"id", "vector"});
    auto hits = table.VectorSearch(row->columns[1].Items<float>(0), {.limit = 3, .threads = threads, .filter = {}});
    ASSERT_TRUE(hits) << hits.error().ToString();
    ASSERT_EQ(hits->size(), 3u);
    EXPECT_EQ((*hits)[0].row_address, place[0]);
    EXPECT_NEAR((*hits)[0].score, 0, 1e-5);
    auto words = table.TextSearch("f2 p55", {.limit = 5, .threads = threads, .filter = {}});
    ASSERT_TRUE(words) << words.error().ToString();
    EXPECT_EQ((*words)[0].row_address, uint64_t{2} << 32 | 55);
    EXPECT_EQ(table.TextSearch("p77 +f1", {.threads = threads, .filter = {}})->front().row_address >> 32, 1u);
    RowFilter only{{"path"}, [](const Batch& rows, std::span<uint8_t> keep) -> Result<void> {
                     const Array& paths = *rows.Find("path");
                     for (size_t i = 0; i < keep.size(); i++) keep[i] &= paths.Text(static_cast<int64_t>(i)) == "f4";
                     return {};
                   }};
    EXPECT_EQ(table.TextSearch("p55", {.limit = 5, .filter = only})->front().row_address >> 32, 4u);
    EXPECT_EQ(*table.CountRows(only), 2000);
  }
  EXPECT_EQ(table.VectorSearch(std::vector<float>(3), {.filter = {}}).error().code, Code::kInvalidArgument);
}

TEST_F(TableTest, OverwriteReplacesRowsAndSchema) {
  Table table = Create();
  ASSERT_TRUE(table.Append(FileRows("a", 10)));
  Schema schema{{{"name", TypeId::kString, true, {}}}, {{"key", "value"}}};
  auto write = table.BeginOverwrite(schema);
  ASSERT_TRUE(write);
  const std::string_view names[] = {"x", "y"};
  ASSERT_TRUE((*write)->Append({schema, {StringArray(names)}, 2}));
  ASSERT_TRUE((*write)->Commit());
  auto again = Table::Open(path_);
  EXPECT_EQ(again->schema(), schema);
  EXPECT_EQ(again->CountRows(), 2);
  EXPECT_EQ(Table::Open(path_, {.version = 2})->schema(), ChunkSchema());
}

TEST_F(TableTest, BadInputIsRefusedAndChangesNothing) {
  Table table = Create();
  Batch wrong = FileRows("a", 3);
  wrong.schema.fields[0].name = "other";
  EXPECT_EQ(table.Append(wrong).error().code, Code::kInvalidArgument);
  EXPECT_EQ(table.UpsertByKey("nope", FileRows("a", 3)).error().code, Code::kNotFound);
  EXPECT_EQ(Table::Open(path_ + ".not").error().code, Code::kNotFound);
  EXPECT_EQ(Table::Open(path_)->version(), 1u);
  EXPECT_TRUE(std::filesystem::is_empty(path_ + "/data"));
}

}  // namespace
}  // namespace squire
