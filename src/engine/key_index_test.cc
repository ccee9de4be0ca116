// Key indexes: rows are found through them as without, whatever commits did since.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <set>

#include "engine/indexes.h"
#include "engine/table_impl.h"
#include "index/key/btree.h"

namespace squire {
namespace {

class KeyIndexTest : public testing::Test {
 protected:
  KeyIndexTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_key_XXXXXX").string();
    path_ = std::string(::mkdtemp(pattern.data())) + "/t.lance";
  }
  ~KeyIndexTest() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }

  static Schema TestSchema() {
    return {{{"key", TypeId::kString, true, {}}, {"number", TypeId::kInt32, true, {}}}, {}};
  }
  /// Rows with keys k<from> ... k<from + count - 1>, every 7th null.
  static Batch Rows(int from, int count) {
    ArrayBuilder key(TypeId::kString), number(TypeId::kInt32);
    for (int i = from; i < from + count; i++) {
      if (i % 7 == 6)
        key.AppendNull();
      else
        key.AppendText("k" + std::to_string(i));
      number.Append(static_cast<int32_t>(i - 500));
    }
    return {TestSchema(), {*key.Finish(), *number.Finish()}, count};
  }
  static std::multiset<int> Numbers(const Table& table) {
    std::multiset<int> out;
    auto scanner = *table.Scan({.columns = {"number"}});
    while (auto batch = *scanner->Next())
      for (int32_t value : batch->columns[0].values<int32_t>()) out.insert(value);
    return out;
  }

  std::string path_;
};

TEST_F(KeyIndexTest, FindsWhatTheColumnHolds) {
  Table table = *Table::Create(path_, TestSchema());
  ASSERT_TRUE(table.Append(Rows(0, 20'000)));
  ASSERT_TRUE(table.CreateKeyIndex("key"));
  ASSERT_TRUE(table.CreateKeyIndex("number"));
  ASSERT_EQ(table.Indexes().size(), 2u);
  EXPECT_EQ(table.Indexes()[0].kind, "BTree");
  ASSERT_TRUE(table.Append(Rows(20'000, 50)));
  auto files = std::make_shared<table::FileCache>(PosixFileSystem(), 8);
  auto snapshot = *table::Snapshot::Open(files, path_);
  auto tree = *index::FindBTree(*snapshot, snapshot->field_id(1));
  ASSERT_NE(tree, nullptr);
  EXPECT_EQ(tree->num_entries(), 20'000);
  const auto bound = [](int32_t value) {
    ArrayBuilder builder(TypeId::kInt32);
    builder.Append(value);
    return index::BTree::Bound{index::KeyAt(*builder.Finish(), 0), true};
  };
  EXPECT_EQ(tree->FindRange(bound(-3), bound(3))->size(), 7u);
  EXPECT_EQ(tree->FindRange(std::nullopt, bound(-490))->size(), 11u);
  EXPECT_EQ(tree->FindRange(bound(19'400), std::nullopt)->size(), 100u);
  const std::string_view keys[] = {"k3", "k19999", "k20011", "nothing", "k3"};
  ASSERT_TRUE(table.DeleteKeys("key", StringArray(keys)));
  EXPECT_EQ(table.CountRows(), 20'050 - 3);
  ASSERT_TRUE(table.DeleteKeys("key", StringArray(keys)));
  EXPECT_EQ(table.CountRows(), 20'050 - 3);
  EXPECT_TRUE(table.Verify().problems.empty());
}

TEST_F(KeyIndexTest, CommitsKeepItUp) {
  Table with = *Table::Create(path_, TestSchema());
  Table without = *Table::Create(path_ + "2.lance", TestSchema());
  for (Table* table : {&with, &without}) ASSERT_TRUE(table->Append(Rows(0, 9000)));
  ASSERT_TRUE(with.CreateKeyIndex("key"));
  const std::string first = with.Indexes()[0].uuid;
  std::mt19937 random(7);
  for (int i = 0; i < 60; i++) {
    const int from = static_cast<int>(random() % 9000);
    for (Table* table : {&with, &without}) {
      auto done = table->UpsertByKey("key", Rows(from, 3));
      ASSERT_TRUE(done) << done.error().ToString();
    }
  }
  EXPECT_NE(with.Indexes()[0].uuid, first) << "new rows were taken in";
  EXPECT_EQ(with.Indexes().size(), 1u);
  EXPECT_EQ(Numbers(with), Numbers(without));
  ASSERT_TRUE(with.DropIndex("key_idx"));
  EXPECT_TRUE(with.Indexes().empty());
  EXPECT_EQ(with.DropIndex("key_idx").error().code, Code::kNotFound);
}

TEST_F(KeyIndexTest, ConditionsAreAnsweredAsWithout) {
  Table with = *Table::Create(path_, TestSchema());
  Table without = *Table::Create(path_ + "2.lance", TestSchema());
  for (Table* table : {&with, &without}) ASSERT_TRUE(table->Append(Rows(0, 60'000)));
  ASSERT_TRUE(with.CreateKeyIndex("key"));
  ASSERT_TRUE(with.CreateKeyIndex("number"));
  for (Table* table : {&with, &without}) {
    ASSERT_TRUE(table->Append(Rows(59'990, 40)));
    ASSERT_TRUE(table->Delete("number = 12 OR key IN ('k7', 'k59992')"));
  }
  for (const char* where :
       {"key = 'k8'", "key IN ('k5', 'k7', 'k59999', 'x')", "number BETWEEN -3 AND 14", "number < -495",
        "number >= 59490 AND key IS NOT NULL", "number > 5 AND number < 5", "key = 'k8' AND number = -492",
        "number = 20 OR number = 59500", "key IS NULL AND number < 0", "key = 'k8' OR number = 30",
        "NOT (number <> 77)", "key LIKE 'k1234%'"}) {
    auto got = with.CountRows(where), want = without.CountRows(where);
    ASSERT_TRUE(got && want) << where;
    EXPECT_EQ(*got, *want) << where;
    std::vector<int32_t> rows[2];
    for (int i = 0; i < 2; i++) {
      auto scanner = *(i == 0 ? with : without).Scan({.columns = {"number"}, .batch_rows = 7, .where = where});
      while (auto batch = *scanner->Next())
        for (int32_t value : batch->columns[0].values<int32_t>()) rows[i].push_back(value);
    }
    EXPECT_EQ(rows[0], rows[1]) << where << ": in the table's order";
  }
}

TEST_F(KeyIndexTest, OneValueOverManyPages) {
  Table table = *Table::Create(path_, TestSchema());
  for (int i = 0; i < 3; i++) {
    ArrayBuilder key(TypeId::kString), number(TypeId::kInt32);
    for (int row = 0; row < 10'000; row++) {
      key.AppendText(row % 2 == 0 ? "same" : "other" + std::to_string(row));
      number.Append(row);
    }
    ASSERT_TRUE(table.Append({TestSchema(), {*key.Finish(), *number.Finish()}, 10'000}));
  }
  ASSERT_TRUE(table.CreateKeyIndex("key"));
  const std::string_view keys[] = {"same"};
  ASSERT_TRUE(table.DeleteKeys("key", StringArray(keys)));
  EXPECT_EQ(table.CountRows(), 15'000);
}

}  // namespace
}  // namespace squire
