// Vector indexes of tables: what is found through them is what is found without, whatever commits did since.

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "engine/table_impl.h"
#include "io/memory.h"

namespace squire {
namespace {

constexpr int32_t kDim = 16;
constexpr int64_t kFarIds = 10'000'000;  // rows from here on lie far from all others, and from zero
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class VectorIndexTest : public testing::Test {
 protected:
  static Schema TestSchema() {
    return {{{"id", TypeId::kInt64, true, {}}, {"vector", VectorType(kDim), true, {}}}, {}};
  }
  static std::vector<float> VectorOf(int64_t id) {
    std::mt19937_64 random(static_cast<uint64_t>(id) * 7919 + 1);
    std::normal_distribution<float> normal;
    std::vector<float> out(kDim);
    for (float& value : out) value = normal(random) + static_cast<float>(id % 5) + (id >= kFarIds ? 40.0f : 0.0f);
    return out;
  }
  static Batch Rows(int64_t from, int64_t count) {
    ArrayBuilder id(TypeId::kInt64), vectors(VectorType(kDim));
    for (int64_t i = from; i < from + count; i++) {
      id.Append(i);
      vectors.AppendItems<float>(VectorOf(i));
    }
    return {TestSchema(), {*id.Finish(), *vectors.Finish()}, count};
  }
  static Batch Row(int64_t id, const std::vector<float>& values) {
    ArrayBuilder ids(TypeId::kInt64), vectors(VectorType(kDim));
    ids.Append(id);
    vectors.AppendItems<float>(values);
    return {TestSchema(), {*ids.Finish(), *vectors.Finish()}, 1};
  }
  static Array Ids(const std::vector<int64_t>& ids) {
    ArrayBuilder out(TypeId::kInt64);
    for (int64_t id : ids) out.Append(id);
    return *out.Finish();
  }
  Table Make(int64_t rows, const VectorIndexOptions& options = {}) {
    Table table = *TableAccess::Create(fs_, "/t.lance", TestSchema());
    EXPECT_TRUE(rows == 0 || table.Append(Rows(0, rows)));
    const auto made = table.CreateVectorIndex("vector", options);
    EXPECT_TRUE(made) << made.error().ToString();
    return table;
  }
  /// The share of the exact answers that a search through the index finds.
  static double Recall(const Table& table, VectorSearchOptions options, int queries = 20, int64_t first = 1'000'000) {
    size_t found = 0, wanted = 0;
    for (int q = 0; q < queries; q++) {
      const auto query = VectorOf(first + q);
      options.use_index = false;
      std::set<uint64_t> exact;
      const auto all = *table.VectorSearch(query, options);
      for (const Hit& hit : all) exact.insert(hit.row_address);
      options.use_index = true;
      std::set<uint64_t> seen;
      const auto hits = *table.VectorSearch(query, options);
      for (const Hit& hit : hits) {
        EXPECT_TRUE(seen.insert(hit.row_address).second) << "a row twice";
        found += exact.contains(hit.row_address);
      }
      wanted += exact.size();
      EXPECT_EQ(seen.size(), exact.size());
    }
    return wanted == 0 ? 1 : static_cast<double>(found) / static_cast<double>(wanted);
  }
  static int64_t NearestId(const Table& table, std::span<const float> query, const VectorSearchOptions& options = {}) {
    const auto hits = *table.VectorSearch(query, options);
    if (hits.empty()) return -1;
    const Batch row = *table.Take(std::vector<uint64_t>{hits[0].row_address}, {"id"});
    return row.columns[0].values<int64_t>()[0];
  }

  MemoryFileSystem fs_;
};

TEST_F(VectorIndexTest, FindsWhatTheColumnHoldsByEveryMetric) {
  for (const Metric metric : {Metric::kL2, Metric::kCosine, Metric::kDot}) {
    (void)fs_.RemoveAll("/t.lance");
    Table table = Make(4000, {.metric = metric});
    EXPECT_EQ(table.Indexes()[0].kind, "IVF_RQ");
    VectorSearchOptions options;
    options.metric = metric;
    EXPECT_GE(Recall(table, options), 0.95);
    options.nprobes = 1000;
    options.refine_factor = 3;
    EXPECT_GE(Recall(table, options), 0.99);
    options.metric = metric == Metric::kL2 ? Metric::kDot : Metric::kL2;  // another metric is measured exactly
    EXPECT_EQ(Recall(table, options), 1.0);
  }
}

TEST_F(VectorIndexTest, SmallTablesAndStrangeRows) {
  Table empty = Make(0);
  EXPECT_TRUE(empty.VectorSearch(VectorOf(1), {})->empty());
  ASSERT_TRUE(empty.Append(Rows(0, 1)));
  ASSERT_TRUE(empty.CreateVectorIndex("vector"));
  VectorSearchOptions many;
  many.limit = 50;
  EXPECT_EQ(empty.VectorSearch(VectorOf(1), many)->size(), 1u);

  // Rows without a length, with what is no number, and equal ones.
  ASSERT_TRUE(empty.Append(Row(1, std::vector<float>(kDim, 0))));
  auto broken = VectorOf(2);
  broken[3] = kNan;
  ASSERT_TRUE(empty.Append(Row(2, broken)));
  for (int64_t i = 3; i < 300; i++) ASSERT_TRUE(i % 50 != 3 || empty.Append(Rows(i, 50)));
  for (int64_t i = 0; i < 5; i++) ASSERT_TRUE(empty.Append(Row(1000 + i, VectorOf(1'000'000))));
  for (const bool fresh : {true, false}) {
    ASSERT_TRUE(fresh || empty.CreateVectorIndex("vector"));
    many.nprobes = 1000;
    many.refine_factor = 4;
    many.limit = 10;
    EXPECT_EQ(Recall(empty, many), 1.0) << fresh;
    const auto five = *empty.VectorSearch(VectorOf(1'000'000), {.limit = 5});
    for (const Hit& hit : five) EXPECT_NEAR(hit.score, 0, 1e-5);
    many.limit = 1000;
    EXPECT_EQ(empty.VectorSearch(VectorOf(1), many)->size(), static_cast<size_t>(empty.CountRows()) - 1);
  }
}

TEST_F(VectorIndexTest, CommitsAreSeenAtOnce) {
  Table table = Make(3000);
  const auto query = VectorOf(42);
  EXPECT_EQ(NearestId(table, query), 42);
  ASSERT_TRUE(table.DeleteKeys("id", Ids({42})));
  EXPECT_NE(NearestId(table, query), 42);
  ASSERT_TRUE(table.Append(Row(5000, query)));
  EXPECT_EQ(NearestId(table, query), 5000);
  ASSERT_TRUE(table.UpsertByKey("id", Row(5000, VectorOf(7))));
  EXPECT_NE(NearestId(table, query), 5000);
  ASSERT_TRUE(table.Append(Rows(6000, 700)));
  EXPECT_GE(Recall(table, {}), 0.95);
  EXPECT_EQ(NearestId(table, VectorOf(6500)), 6500);
  ASSERT_TRUE(table.Compact());  // rows have other addresses now
  EXPECT_GE(Recall(table, {}), 0.95);
  EXPECT_EQ(NearestId(table, VectorOf(6500)), 6500);
}

TEST_F(VectorIndexTest, CommitsKeepItUpWithoutLossOfRecall) {
  Table table = Make(2000);
  const double before = Recall(table, {});
  const std::string first = table.Indexes()[0].uuid;
  for (int64_t i = 0; i < 40; i++) {
    ASSERT_TRUE(table.Append(Rows(10'000 + 300 * i, 300)));
    ASSERT_TRUE(table.DeleteKeys("id", Ids({i, i + 500, 10'000 + 300 * i})));
  }
  EXPECT_NE(table.Indexes()[0].uuid, first) << "it was folded";
  ASSERT_EQ(table.Indexes().size(), 1u);
  EXPECT_GE(Recall(table, {}), before - 0.05);
  EXPECT_EQ(NearestId(table, VectorOf(10'450)), 10'450);
  EXPECT_TRUE(table.Verify().problems.empty());
  Table again = *TableAccess::Open(fs_, "/t.lance");
  EXPECT_GE(Recall(again, {}), before - 0.05);
}

TEST_F(VectorIndexTest, TwentyFoldsLoseNoRecall) {
  constexpr int64_t kRows = 4200;  // a fold is due at 4,096
  Table table = Make(2 * kRows);
  std::set<std::string> seen = {table.Indexes()[0].uuid};
  for (int64_t fold = 0; fold < 20; fold++) {
    ASSERT_TRUE(table.Delete("id < " + std::to_string((fold + 1) * kRows)));
    ASSERT_TRUE(table.Append(Rows((fold + 2) * kRows, kRows)));
    ASSERT_TRUE(table.Optimize());
    seen.insert(table.Indexes()[0].uuid);
  }
  EXPECT_GE(seen.size(), 20u) << "each wrote the index anew";
  EXPECT_EQ(table.CountRows(), 2 * kRows);
  const double folded = Recall(table, {}, 50);
  ASSERT_TRUE(table.CreateVectorIndex("vector"));
  EXPECT_GE(folded, Recall(table, {}, 50) - 0.01);
}

TEST_F(VectorIndexTest, RowsFarFromTheOthersAreFoundAsWell) {
  Table table = Make(6000, {.metric = Metric::kL2});
  for (int64_t i = 0; i < 3; i++) ASSERT_TRUE(table.Append(Rows(kFarIds + 1000 * i, 1000)));
  constexpr int64_t kFarQueries = kFarIds + 1'000'000;
  EXPECT_GE(Recall(table, {.metric = Metric::kL2}, 40, kFarQueries), 0.9) << "in no index yet";
  ASSERT_TRUE(table.Append(Rows(kFarIds + 3000, 2000)));
  const uint64_t before = table.version();
  ASSERT_TRUE(table.Optimize({}));
  EXPECT_GT(table.version(), before) << "are folded";
  EXPECT_GE(Recall(table, {.metric = Metric::kL2}, 40, kFarQueries), 0.9);
  EXPECT_GE(Recall(table, {.metric = Metric::kL2}, 40), 0.95) << "nor do the others suffer";
}

TEST_F(VectorIndexTest, AllRowsFarFromZero) {
  for (const Metric metric : {Metric::kL2, Metric::kCosine}) {
    Table table = *TableAccess::Create(fs_, "/far" + std::to_string(static_cast<int>(metric)), TestSchema());
    ASSERT_TRUE(table.Append(Rows(kFarIds, 5000)));
    ASSERT_TRUE(table.CreateVectorIndex("vector", {.metric = metric}));
    ASSERT_TRUE(table.Append(Rows(kFarIds + 5000, 500)));
    EXPECT_GE(Recall(table, {.metric = metric}, 40, kFarIds + 1'000'000), 0.95);
  }
}

TEST_F(VectorIndexTest, ManySmallCommitsDoNotWriteItAnew) {
  Table table = Make(2000);
  const std::string first = table.Indexes()[0].uuid;
  for (int64_t i = 0; i < 60; i++) ASSERT_TRUE(table.Append(Rows(10'000 + i, 1)));
  EXPECT_EQ(table.Indexes()[0].uuid, first);
  EXPECT_EQ(NearestId(table, VectorOf(10'059)), 10'059);
}

TEST_F(VectorIndexTest, Filters) {
  Table table = Make(6000);
  ASSERT_TRUE(table.Append(Rows(6000, 500)));
  for (const char* where :
       {"id % 10 = 3", "id % 100 = 3", "id >= 6400", "id = 17", "id < 0", "id % 2 = 0 and id > 50"}) {
    VectorSearchOptions options;
    options.where = where;
    EXPECT_GE(Recall(table, options), 0.95) << where;
    ASSERT_TRUE(table.DeleteKeys("id", Ids({3, 6403})));  // what was kept of the condition is of another version
    EXPECT_GE(Recall(table, options), 0.95) << where;
  }
}

TEST_F(VectorIndexTest, ManyQueriesAtOnceFindWhatEachDoes) {
  Table table = Make(9000);  // more than one range that is held in memory
  ASSERT_TRUE(table.Append(Rows(9000, 500)));
  ASSERT_TRUE(table.DeleteKeys("id", Ids({4, 5000, 9100})));
  std::vector<float> queries;
  for (int64_t i = 0; i < 30; i++) {
    const auto query = VectorOf(1'000'000 + i);
    queries.insert(queries.end(), query.begin(), query.end());
  }
  ASSERT_TRUE(table.VectorSearch(VectorOf(1), {}));  // the first measures new rows, later ones encode them
  for (const bool use_index : {true, false}) {
    for (const char* where : {"", "id % 100 = 3", "id >= 9400", "id % 3 = 0", "id < 0"}) {
      for (const int threads : {1, 3}) {
        VectorSearchOptions options;
        options.use_index = use_index, options.where = where, options.threads = threads;
        const auto many = *table.VectorSearchMany(queries, options);
        ASSERT_EQ(many.size(), 30u);
        for (size_t i = 0; i < many.size(); i++) {
          const auto one = *table.VectorSearch(std::span(queries).subspan(i * kDim, kDim), options);
          ASSERT_EQ(many[i].size(), one.size()) << where;
          for (size_t hit = 0; hit < one.size(); hit++) {
            EXPECT_EQ(many[i][hit].row_address, one[hit].row_address) << where;
            EXPECT_EQ(many[i][hit].score, one[hit].score) << where;
          }
        }
      }
    }
  }
  EXPECT_TRUE(table.VectorSearchMany({}, {})->empty());
  EXPECT_EQ(table.VectorSearchMany(std::span(queries).first(kDim + 1), {}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(table.VectorSearch(std::span(queries).first(2 * kDim), {}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(table.VectorSearch({}, {}).error().code, Code::kInvalidArgument);
}

TEST_F(VectorIndexTest, DistancesInARange) {
  Table table = Make(2000, {.metric = Metric::kL2});
  VectorSearchOptions options;
  options.metric = Metric::kL2;
  options.limit = 100;
  const auto hits = *table.VectorSearch(VectorOf(1), options);
  options.distance_below = -hits[20].score;
  EXPECT_EQ(table.VectorSearch(VectorOf(1), options)->size(), 20u);
  options.distance_above = -hits[5].score;
  const auto some = *table.VectorSearch(VectorOf(1), options);
  ASSERT_EQ(some.size(), 15u);
  EXPECT_EQ(some[0].score, hits[5].score);
}

TEST_F(VectorIndexTest, HalfFloats) {
  DataType type(TypeId::kFixedSizeList);
  type.width = 8;
  type.children.push_back({"item", TypeId::kHalfFloat, true, {}});
  const Schema schema{{{"vector", type, true, {}}}, {}};
  Table table = *TableAccess::Create(fs_, "/t.lance", schema);
  ArrayBuilder vectors(type);
  for (uint16_t i = 0; i < 600; i++) {
    // Halves from 1 up: the first row is nearest to ones.
    std::vector<uint16_t> halves(8);
    for (uint16_t d = 0; d < 8; d++) halves[d] = static_cast<uint16_t>(0x3c00 + i * (37 + 11 * d) % 600);
    vectors.AppendItems<uint16_t>(halves);
  }
  ASSERT_TRUE(table.Append({schema, {*vectors.Finish()}, 600}));
  const std::vector<float> query(8, 1.0f);
  VectorSearchOptions options;
  options.metric = Metric::kL2;
  const auto exact = *table.VectorSearch(query, options);
  ASSERT_EQ(exact.size(), 10u);
  EXPECT_EQ(exact[0].score, 0);
  ASSERT_TRUE(table.CreateVectorIndex("vector", {.metric = Metric::kL2}));
  const auto found = *table.VectorSearch(query, options);
  ASSERT_EQ(found.size(), 10u);
  EXPECT_EQ(found[0].row_address, exact[0].row_address);
}

TEST_F(VectorIndexTest, ADamagedIndexIsGoneWithout) {
  {
    Table table = Make(500);
  }
  const std::string folder = "/t.lance/_indices/" + fs_.List("/t.lance/_indices")->front().name;
  for (const char* name : {"/auxiliary.idx", "/index.idx"}) {
    ASSERT_TRUE(fs_.Remove(folder + name));
    ASSERT_TRUE((*fs_.Create(folder + name))->Close());
    Table table = *TableAccess::Open(fs_, "/t.lance");
    EXPECT_EQ(NearestId(table, VectorOf(42)), 42);
    EXPECT_EQ(Recall(table, {}), 1.0);
  }
}

TEST_F(VectorIndexTest, RefusesWhatCannotBeIndexed) {
  const Schema schema{{{"odd", VectorType(5), true, {}}, {"id", TypeId::kInt64, true, {}}}, {}};
  Table table = *TableAccess::Create(fs_, "/t.lance", schema);
  EXPECT_EQ(table.CreateVectorIndex("odd").error().code, Code::kUnsupported);
  EXPECT_EQ(table.CreateVectorIndex("id").error().code, Code::kUnsupported);
  EXPECT_EQ(table.CreateVectorIndex("none").error().code, Code::kNotFound);
  const auto left = fs_.List("/t.lance/_indices");
  EXPECT_TRUE(!left || left->empty());
}

}  // namespace
}  // namespace squire
