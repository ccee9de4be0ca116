#include "sync/plan.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sync/config.h"
#include "sync/rows.h"

namespace squire::sync {
namespace {

corpus::FileEntry Entry(const std::string& path, int64_t mtime_ns = 1) {
  corpus::FileEntry entry;
  entry.path = path;
  entry.mtime_ns = mtime_ns;
  return entry;
}
FileState Known(const std::string& path, int64_t mtime_ns = 1, const std::string& hash = "h", uint64_t chunks = 1) {
  return {Entry(path, mtime_ns), hash, chunks, corpus::SkipReason::kNone, {}};
}

TEST(PlanTest, SortsFilesByWhatHappenedToThem) {
  const Plan plan =
      MakePlan({Entry("a"), Entry("b", 2), Entry("d")}, {Known("a"), Known("b"), Known("c"), Known("z")}, false);
  EXPECT_EQ(plan.same, 1u);
  ASSERT_EQ(plan.dirty.size(), 2u);
  EXPECT_EQ(plan.dirty[0].entry.path, "b");
  EXPECT_TRUE(plan.dirty[0].known);
  EXPECT_EQ(plan.dirty[1].entry.path, "d");
  EXPECT_FALSE(plan.dirty[1].known);
  ASSERT_EQ(plan.gone.size(), 2u);
  EXPECT_EQ(plan.gone[0].entry.path, "c");
  EXPECT_EQ(MakePlan({Entry("a")}, {Known("a")}, true).dirty.size(), 1u);
}

TEST(PlanTest, BelowKeepsPathsAndTheirFolders) {
  const auto kept = Below({Known("a"), Known("a/x"), Known("ab"), Known("b/c")}, {"a", "b"});
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[2].entry.path, "b/c");
}

TEST(PlanTest, AnIndexInsideTheTreeIsNotItsPart) {
  const auto options = ScanOptionsOf({"/t", "/t/out[1]/db"}, {}, false);
  ASSERT_EQ(options.rules.exclude.size(), 1u);
  const corpus::PathFilter filter(options.rules.exclude[0]);
  EXPECT_TRUE(filter.Matches("out[1]/db"));
  EXPECT_FALSE(filter.Matches("out1/db"));
  EXPECT_TRUE(ScanOptionsOf({"/t", "/elsewhere"}, {}, false).rules.exclude.empty());
}

class ReconcileTest : public testing::Test {
 protected:
  ReconcileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_plan_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ReconcileTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(ReconcileTest, TheTablesRowsAreTheTruth) {
  const ModelRecord model{{}, "m", "m/1", 2};
  auto table = Table::Create(folder_ + "/t.lance", ChunkSchema(model));
  ASSERT_TRUE(table);
  RowBuilder rows(ChunkSchema(model));
  const corpus::Chunk chunk{1, 2, "text", "", "text", "words"};
  const std::vector<float> vector(2);
  for (const auto& [path, hash] :
       {std::pair("whole", "h"), {"whole", "h"}, {"lost", "h"}, {"other", "x"}, {"new", "n"}})
    rows.Add(path, 0, chunk, "c", hash, "", vector);
  ASSERT_TRUE(table->Append(*rows.Finish()));
  std::vector<FileState> known = {Known("empty", 1, "h", 0), Known("lost", 1, "h", 2), Known("other", 1, "h", 1),
                                  Known("whole", 1, "h", 2)};
  ASSERT_TRUE(Reconcile(*table, known));
  ASSERT_EQ(known.size(), 5u);
  EXPECT_EQ(known[0].entry.mtime_ns, 1) << "a file without chunks has no rows to miss";
  EXPECT_EQ(known[1].entry.mtime_ns, kUnknownTime) << "rows are missing";
  EXPECT_TRUE(known[1].hash.empty());
  EXPECT_EQ(known[2].entry.path, "new");
  EXPECT_EQ(known[2].hash, "n") << "known to the table alone, by its hash";
  EXPECT_EQ(known[3].entry.mtime_ns, kUnknownTime) << "rows of another state of the file";
  EXPECT_EQ(known[4].entry.mtime_ns, 1);
}

TEST_F(ReconcileTest, StateKeepsAndForgets) {
  auto state = State::Open(folder_ + "/state.db", true);
  ASSERT_TRUE(state) << state.error().ToString();
  ASSERT_TRUE(state->Save({Known("b"), Known("a"), Known("c")}, {}, 7));
  ASSERT_TRUE(state->Save({Known("b", 9)}, {"c"}, 8));
  auto again = State::Open(folder_ + "/state.db", false);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->table_version(), 8u);
  const auto files = again->Load();
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].entry.path, "a");
  EXPECT_EQ((*files)[1].entry.mtime_ns, 9);
}

TEST_F(ReconcileTest, OptionsAreKeptAndDamageIsTold) {
  const Location location{"/t", folder_};
  EXPECT_EQ(*LoadTreeOptions(location), TreeOptions());
  const TreeOptions options{{"x"}, {"y"}, 5, true};
  ASSERT_TRUE(SaveTreeOptions(location, options));
  EXPECT_EQ(*LoadTreeOptions(location), options);
  std::ofstream(folder_ + "/config.json") << R"({"include": 3})";
  EXPECT_EQ(LoadTreeOptions(location).error().code, Code::kCorruption);
}

TEST_F(ReconcileTest, ADamagedStateIsMadeAnew) {
  std::ofstream(folder_ + "/state.db") << std::string(5000, 'x');
  EXPECT_TRUE(State::Open(folder_ + "/state.db", false)->Load()->empty());
  auto state = State::Open(folder_ + "/state.db", true);
  ASSERT_TRUE(state) << state.error().ToString();
  EXPECT_TRUE(state->Save({Known("a")}, {}, 1));
}

}  // namespace
}  // namespace squire::sync
