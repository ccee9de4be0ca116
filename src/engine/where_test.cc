// Scans, searches, counts, deletes and updates by a condition, through the public Table class.

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "squire/table.h"

namespace squire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kDim = 4;

class WhereTest : public testing::Test {
 protected:
  WhereTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_where_XXXXXX").string();
    path_ = std::string(::mkdtemp(pattern.data())) + "/t.lance";
  }
  ~WhereTest() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }

  static Schema TestSchema() {
    return Schema{{{"id", TypeId::kInt64, false, {}},
                   {"name", TypeId::kString, true, {}},
                   {"small", TypeId::kInt8, true, {}},
                   {"day", TypeId::kDate32, true, {}},
                   {"vector", VectorType(kDim), true, {}}},
                  {}};
  }

  /// Rows id = first .. first + count - 1: name "n<id % 10>", null where 10 divides it; small = id % 100.
  static Batch RowsFrom(int64_t first, int64_t count) {
    const Schema schema = TestSchema();
    ArrayBuilder id(TypeId::kInt64), name(TypeId::kString), small(TypeId::kInt8), day(TypeId::kDate32),
        vector(VectorType(kDim));
    for (int64_t i = first; i < first + count; i++) {
      id.Append(i);
      if (i % 10 == 0)
        name.AppendNull();
      else
        name.AppendText("n" + std::to_string(i % 10));
      small.Append(static_cast<int8_t>(i % 100));
      day.Append(static_cast<int32_t>(i));
      const std::vector<float> values = {static_cast<float>(i), 1, 0, 0};
      vector.AppendItems<float>(values);
    }
    Batch batch{schema, {}, count};
    for (ArrayBuilder* builder : {&id, &name, &small, &day, &vector}) batch.columns.push_back(*builder->Finish());
    return batch;
  }

  /// A table of ids 0 to 1999 in two fragments.
  Table Create() {
    auto table = Table::Create(path_, TestSchema());
    EXPECT_TRUE(table->Append(RowsFrom(0, 1000)));
    EXPECT_TRUE(table->Append(RowsFrom(1000, 1000)));
    return *std::move(table);
  }

  static std::vector<int64_t> Ids(const Table& table, const std::string& where) {
    auto scanner = table.Scan({.columns = {"name", "id"}, .batch_rows = 64, .where = where});
    EXPECT_TRUE(scanner) << scanner.error().ToString();
    std::vector<int64_t> ids;
    while (auto batch = *(*scanner)->Next()) {
      EXPECT_EQ(batch->schema.fields[1].name, "id");
      for (const int64_t id : batch->columns[1].values<int64_t>()) ids.push_back(id);
      for (int64_t row = 0; row < batch->num_rows; row++)
        EXPECT_EQ(batch->columns[0].IsValid(row),
                  batch->columns[1].values<int64_t>()[static_cast<size_t>(row)] % 10 != 0);
    }
    return ids;
  }

  std::string path_;
};

TEST_F(WhereTest, ScansGiveTheRowsThatPassFewOrMany) {
  const Table table = Create();
  EXPECT_THAT(Ids(table, "id IN (3, 1500, 3)"), ElementsAre(3, 1500));
  EXPECT_EQ(Ids(table, "id >= 500 AND name = 'n7'").size(), 150u);
  EXPECT_EQ(Ids(table, "id != 3").size(), 1999u);
  EXPECT_EQ(Ids(table, "true").size(), 2000u);
  EXPECT_EQ(Ids(table, "false").size(), 0u);
  EXPECT_EQ(Ids(table, "name IS NULL").size(), 200u);
  const auto refused = table.Scan({.where = "idd = 3"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("did you mean 'id'?"));
}

TEST_F(WhereTest, AScanTakesAConditionAndAFilterTogether) {
  const Table table = Create();
  RowFilter odd{{"small"}, [](const Batch& rows, std::span<uint8_t> keep) -> Result<void> {
                  for (size_t i = 0; i < keep.size(); i++) keep[i] &= rows.Find("small")->values<int8_t>()[i] & 1;
                  return {};
                }};
  auto scanner = table.Scan({.columns = {"id"}, .where = "id < 6", .filter = odd, .with_row_address = true});
  const auto batch = *(*scanner)->Next();
  ASSERT_TRUE(batch);
  EXPECT_THAT(
      std::vector<int64_t>(batch->columns[0].values<int64_t>().begin(), batch->columns[0].values<int64_t>().end()),
      ElementsAre(1, 3, 5));
  EXPECT_THAT(
      std::vector<uint64_t>(batch->columns[1].values<uint64_t>().begin(), batch->columns[1].values<uint64_t>().end()),
      ElementsAre(1, 3, 5));
}

TEST_F(WhereTest, Counts) {
  const Table table = Create();
  EXPECT_EQ(*table.CountRows(""), 2000);
  EXPECT_EQ(*table.CountRows("name = 'n1'"), 200);
  EXPECT_EQ(*table.CountRows("false"), 0);
  EXPECT_FALSE(table.CountRows("name ="));
}

TEST_F(WhereTest, SearchesLookAtTheRowsThatPassAlone) {
  const Table table = Create();
  const std::vector<float> query = {1700, 1, 0, 0};
  VectorSearchOptions options{.limit = 2, .metric = Metric::kL2};
  options.where = "id < 1000 AND name = 'n4'";
  const auto few = *table.VectorSearch(query, options);
  ASSERT_EQ(few.size(), 2u);
  EXPECT_EQ(few[0].row_address, 994u);
  options.where = "id < 1000";
  EXPECT_EQ((*table.VectorSearch(query, options))[0].row_address, 999u);
  options.where = "id IN (5, 7)";
  EXPECT_EQ((*table.VectorSearch(query, options))[0].row_address, 7u);
  options.where = "false";
  EXPECT_TRUE(table.VectorSearch(query, options)->empty());
  TextSearchOptions words{.text_column = "name"};
  words.where = "id > 1990";
  const auto found = *table.TextSearch("n3", words);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].row_address, (uint64_t{1} << 32) + 993);
}

TEST_F(WhereTest, DeleteIsOneVersion) {
  Table table = Create();
  const uint64_t before = table.version();
  const auto deleted = table.Delete("id >= 10 AND id < 1990");
  ASSERT_TRUE(deleted) << deleted.error().ToString();
  EXPECT_EQ(deleted->rows, 1980u);
  EXPECT_EQ(deleted->version, before + 1);
  EXPECT_EQ(table.CountRows(), 20);
  const auto nothing = table.Delete("id = 100");
  EXPECT_EQ(nothing->rows, 0u);
  EXPECT_EQ(nothing->version, before + 1) << "no version for nothing";
  EXPECT_FALSE(table.Delete(""));
  EXPECT_EQ(table.Delete("true")->rows, 20u);
  EXPECT_EQ(table.CountRows(), 0);
  EXPECT_TRUE(table.Verify().problems.empty());
}

TEST_F(WhereTest, AWriteDeletesByConditionAndAppends) {
  Table table = Create();
  auto write = *table.BeginWrite();
  ASSERT_TRUE(write->DeleteWhere("name = 'n1'"));
  ASSERT_TRUE(write->DeleteWhere("id = 1 OR id = 2"));
  ASSERT_TRUE(write->Append(RowsFrom(5000, 3)));
  ASSERT_TRUE(write->Commit());
  EXPECT_EQ(table.CountRows(), 2000 - 201 + 3);
}

TEST_F(WhereTest, UpdateComputesFromTheOldRow) {
  Table table = Create();
  const Assignment set[] = {
      {"small", "small + 1"}, {"name", "concat('was ', name, ', ', id)"}, {"day", "'1970-01-31'"}};
  const auto updated = table.Update("id IN (5, 1010)", set);
  ASSERT_TRUE(updated) << updated.error().ToString();
  EXPECT_EQ(updated->rows, 2u);
  EXPECT_EQ(table.CountRows(), 2000);
  auto scanner = table.Scan({.where = "day = date '1970-01-31' AND id != 30"});
  std::vector<std::string> names;
  while (auto batch = *(*scanner)->Next()) {
    for (int64_t row = 0; row < batch->num_rows; row++) {
      names.emplace_back(batch->columns[1].Text(row));
      const auto i = static_cast<size_t>(row);
      EXPECT_EQ(batch->columns[2].values<int8_t>()[i], batch->columns[0].values<int64_t>()[i] % 100 + 1);
      EXPECT_EQ(batch->columns[4].Items<float>(row)[0], static_cast<float>(batch->columns[0].values<int64_t>()[i]));
    }
  }
  EXPECT_THAT(names, ElementsAre("was n5, 5", "was , 1010"));
}

TEST_F(WhereTest, UpdateByValuesLeavesRowsThatOthersAdd) {
  Table table = Create();
  const auto row = [](const std::string& column, const DataType& type, std::optional<std::string> text) {
    ArrayBuilder value(type);
    if (text)
      value.AppendText(*text);
    else
      value.AppendNull();
    return Batch{{{{column, type, true, {}}}, {}}, {*value.Finish()}, 1};
  };
  Table other = *Table::Open(path_);
  ASSERT_TRUE(other.Append(RowsFrom(5000, 10)));
  const auto updated = table.Update("id >= 1990", row("name", TypeId::kString, "new"));
  ASSERT_TRUE(updated) << updated.error().ToString();
  EXPECT_EQ(updated->rows, 10u) << "of the version that it began on";
  EXPECT_EQ(table.CountRows(), 2010);
  EXPECT_EQ(table.CountRows("name = 'new'"), 10);
  EXPECT_EQ(table.CountRows("id >= 5000"), 10);
  const uint64_t before = table.version();
  EXPECT_EQ(table.Update("", row("nosuch", TypeId::kString, "x")).error().code, Code::kNotFound);
  EXPECT_EQ(table.Update("", row("id", TypeId::kInt64, std::nullopt)).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(table.Update("", row("small", TypeId::kString, "x"))) << "of another type";
  EXPECT_FALSE(table.Update("", Batch{}));
  EXPECT_FALSE(table.Update("", RowsFrom(0, 2))) << "two rows";
  EXPECT_EQ(table.version(), before);
}

TEST_F(WhereTest, UpdateRefusesWhatDoesNotFit) {
  Table table = Create();
  const uint64_t before = table.version();
  const auto refusal = [&](const std::string& column, const std::string& expression) {
    const Assignment set[] = {{column, expression}};
    const auto updated = table.Update("id < 300", set);
    EXPECT_FALSE(updated) << column << " = " << expression;
    return updated ? "" : updated.error().message;
  };
  EXPECT_THAT(refusal("small", "id"), HasSubstr("new value of column 'small': CAST: '128' is not an integer"));
  EXPECT_THAT(refusal("id", "NULL"), HasSubstr("must not be null"));
  EXPECT_THAT(refusal("small", "'x'"), HasSubstr("new value of column 'small'"));
  EXPECT_THAT(refusal("small", "nosuch + 1"), HasSubstr("has no column 'nosuch'"));
  EXPECT_THAT(refusal("nosuch", "1"), HasSubstr("has no column 'nosuch'"));
  EXPECT_THAT(refusal("vector", "1"), HasSubstr("NULL or a column of the same type"));
  EXPECT_FALSE(table.Update("", std::span<const Assignment>()));
  EXPECT_EQ(table.version(), before);
  EXPECT_EQ(table.CountRows(), 2000);
  const Assignment clear[] = {{"vector", "NULL"}, {"small", "NULL"}};
  EXPECT_EQ(table.Update("", clear)->rows, 2000u);
  EXPECT_EQ(*table.CountRows("vector IS NULL AND small IS NULL"), 2000);
}

TEST_F(WhereTest, DeletesThatRaceOverTheSameRowsAllSucceed) {
  Create();
  std::vector<std::thread> threads;
  std::atomic<uint64_t> rows = 0;
  for (int i = 0; i < 4; i++) {
    threads.emplace_back([&, i] {
      auto table = Table::Open(path_);
      const auto deleted = table->Delete("id % 4 = " + std::to_string(i) + " OR id < 100");
      ASSERT_TRUE(deleted) << deleted.error().ToString();
      rows += deleted->rows;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Table::Open(path_)->CountRows(), 0);
  EXPECT_EQ(rows, 2000u) << "no row is counted twice";
}

TEST_F(WhereTest, ADeleteThatComesLateLooksAgain) {
  Table first = Create();
  auto second = Table::Open(path_);
  EXPECT_EQ(first.Delete("id < 10")->rows, 10u);
  EXPECT_EQ(second->Delete("id < 20")->rows, 10u);
  EXPECT_EQ(second->CountRows(), 1980);
  const Assignment set[] = {{"small", "7"}};
  EXPECT_EQ(first.Update("id < 25", set)->rows, 5u);
  EXPECT_EQ(first.CountRows(), 1980);
}

}  // namespace
}  // namespace squire
