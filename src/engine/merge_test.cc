// MergeInsert: each kind of row alone and together, nulls, repeats, several key columns, fewer columns than the
// table's. That lancedb does the same with the same rows is in tests/python.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <set>

#include "engine/key_join.h"
#include "squire/table.h"

namespace squire {
namespace {

using Row = std::pair<std::optional<int64_t>, std::string>;

Batch Rows(const std::vector<Row>& rows) {
  const Schema schema{{{"k", TypeId::kInt64, true, {}}, {"v", TypeId::kString, true, {}}}, {}};
  ArrayBuilder keys(TypeId::kInt64), values(TypeId::kString);
  for (const auto& [key, value] : rows) {
    if (key)
      keys.Append(*key);
    else
      keys.AppendNull();
    values.AppendText(value);
  }
  return {schema, {*keys.Finish(), *values.Finish()}, std::ssize(rows)};
}

class MergeTest : public testing::Test {
 protected:
  MergeTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_merge_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~MergeTest() override { std::filesystem::remove_all(folder_); }

  Table Make(const std::vector<std::vector<Row>>& fragments) {
    auto table = Table::Create(folder_ + "/t" + std::to_string(made_++) + ".lance", Rows({}).schema);
    EXPECT_TRUE(table) << table.error().ToString();
    for (const auto& rows : fragments) EXPECT_TRUE(table->Append(Rows(rows)));
    return *std::move(table);
  }
  static std::multiset<Row> Contents(const Table& table) {
    std::multiset<Row> out;
    auto scanner = *table.Scan();
    while (auto batch = *scanner->Next()) {
      for (int64_t row = 0; row < batch->num_rows; row++) {
        const bool has_key = batch->columns[0].IsValid(row);
        const std::string value(batch->columns[1].Text(row));
        out.emplace(
            has_key ? std::optional(batch->columns[0].values<int64_t>()[static_cast<size_t>(row)]) : std::nullopt,
            value);
      }
    }
    return out;
  }
  static MergeInsertResult Merge(Table& table, const MergeInsertOptions& options, const Batch& rows) {
    const std::string on[] = {"k"};
    auto result = table.MergeInsert(on, options, rows);
    EXPECT_TRUE(result) << result.error().ToString();
    return result ? *result : MergeInsertResult();
  }

  const std::vector<std::vector<Row>> start_ = {{{1, "a"}, {2, "b"}}, {{3, "c"}, {std::nullopt, "n"}}};
  const MergeInsertOptions upsert_ = {
      .update_matched = true, .update_where = {}, .insert_not_matched = true, .delete_where = {}};
  std::string folder_;
  int made_ = 0;
};

TEST_F(MergeTest, UpdatesAndInsertsInOneVersion) {
  Table table = Make(start_);
  const uint64_t before = table.version();
  const auto result = Merge(table, upsert_, Rows({{2, "B"}, {4, "D"}}));
  EXPECT_EQ(result.version, before + 1);
  EXPECT_EQ(table.version(), before + 1);
  EXPECT_EQ(result.updated, 1u);
  EXPECT_EQ(result.inserted, 1u);
  EXPECT_EQ(result.deleted, 0u);
  EXPECT_EQ(Contents(table), (std::multiset<Row>{{1, "a"}, {2, "B"}, {3, "c"}, {4, "D"}, {std::nullopt, "n"}}));
  EXPECT_TRUE(table.Verify().problems.empty());
}

TEST_F(MergeTest, EachKindOfRowAlone) {
  const Batch rows = Rows({{2, "B"}, {4, "D"}});
  Table table = Make(start_);
  EXPECT_EQ(Merge(table, {.update_where = {}, .insert_not_matched = true, .delete_where = {}}, rows).inserted, 1u);
  EXPECT_EQ(Contents(table).count({2, "b"}), 1u);
  table = Make(start_);
  EXPECT_EQ(Merge(table, {.update_matched = true, .update_where = {}, .delete_where = {}}, rows).updated, 1u);
  EXPECT_EQ(Contents(table).count({4, "D"}), 0u);
  table = Make(start_);
  const auto deleted =
      Merge(table, {.update_where = {}, .delete_not_matched_by_source = true, .delete_where = {}}, rows);
  EXPECT_EQ(deleted.deleted, 3u) << "the row with a null key too";
  EXPECT_EQ(Contents(table), (std::multiset<Row>{{2, "b"}}));
}

TEST_F(MergeTest, NothingToDoIsNoVersion) {
  Table table = Make(start_);
  const uint64_t before = table.version();
  const auto result = Merge(table, {.update_matched = true, .update_where = {}, .delete_where = {}}, Rows({{9, "x"}}));
  EXPECT_EQ(result.version, before);
  EXPECT_EQ(Merge(table, upsert_, Rows({})).version, before);
}

TEST_F(MergeTest, ANullKeyMatchesNothing) {
  Table table = Make(start_);
  EXPECT_EQ(Merge(table, upsert_, Rows({{std::nullopt, "x"}, {std::nullopt, "y"}})).inserted, 2u);
  EXPECT_EQ(table.CountRows(), 6);
}

TEST_F(MergeTest, RepeatedKeys) {
  Table table = Make(start_);
  const std::string on[] = {"k"};
  auto twice = table.MergeInsert(on, upsert_, Rows({{2, "B"}, {2, "BB"}, {4, "D"}}));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Code::kInvalidArgument);
  EXPECT_EQ(Merge(table, upsert_, Rows({{4, "D"}, {4, "DD"}})).inserted, 2u) << "no row is updated twice";
  table = Make({{{2, "b"}, {2, "bb"}}});
  EXPECT_EQ(Merge(table, upsert_, Rows({{2, "B"}})).updated, 2u) << "both of the table take it over";
  EXPECT_EQ(Contents(table).count({2, "B"}), 2u);
}

TEST_F(MergeTest, FewerColumnsKeepTheOthers) {
  Table table = Make(start_);
  Batch keys_only = Rows({{2, "-"}, {7, "-"}});
  keys_only.schema.fields.pop_back();
  keys_only.columns.pop_back();
  Merge(table, upsert_, keys_only);
  auto scanner = *table.Scan();
  int found = 0;
  while (auto batch = *scanner->Next()) {
    for (int64_t row = 0; row < batch->num_rows; row++) {
      if (!batch->columns[0].IsValid(row)) continue;
      const int64_t key = batch->columns[0].values<int64_t>()[static_cast<size_t>(row)];
      if (key == 2) found += batch->columns[1].Text(row) == "b";
      if (key == 7) found += !batch->columns[1].IsValid(row);
    }
  }
  EXPECT_EQ(found, 2);
}

TEST_F(MergeTest, SeveralKeyColumnsMatchTogether) {
  Table table = Make({{{1, "x"}, {1, "y"}, {2, "x"}}});
  const std::string on[] = {"k", "v"};
  auto result = table.MergeInsert(on, upsert_, Rows({{1, "y"}, {2, "y"}}));
  ASSERT_TRUE(result) << result.error().ToString();
  EXPECT_EQ(result->updated, 1u);
  EXPECT_EQ(result->inserted, 1u);
}

TEST_F(MergeTest, ConditionsSeeBothSides) {
  const Batch rows = Rows({{1, "A"}, {2, "a"}, {4, "D"}});
  Table table = Make(start_);
  MergeInsertOptions options = upsert_;
  options.update_where = "source.v < target.v";
  auto result = Merge(table, options, rows);
  EXPECT_EQ(result.updated, 2u);
  EXPECT_EQ(result.inserted, 1u) << "a row that matches but is not updated is not inserted";
  table = Make(start_);
  options.update_where = "target.v = 'b' AND source.k = 2";
  EXPECT_EQ(Merge(table, options, rows).updated, 1u);
  EXPECT_EQ(Contents(table).count({2, "a"}), 1u);
  table = Make(start_);
  options.update_where = "source.k > 1";
  EXPECT_EQ(Merge(table, options, rows).updated, 1u);
  table = Make(start_);
  options.update_where.clear();
  options.delete_not_matched_by_source = true;
  options.delete_where = "v IN ('c', 'b')";
  result = Merge(table, options, rows);
  EXPECT_EQ(result.deleted, 1u) << "b has a match";
  EXPECT_EQ(Contents(table), (std::multiset<Row>{{1, "A"}, {2, "a"}, {4, "D"}, {std::nullopt, "n"}}));
  const std::string on[] = {"k"};
  for (const char* wrong : {"v = 'b'", "target.none = 1", "source.v =", "target"}) {
    options.update_where = wrong;
    EXPECT_EQ(table.MergeInsert(on, options, rows).error().code, Code::kInvalidArgument) << wrong;
  }
  options.update_where.clear();
  options.delete_where = "target.v = 'b'";
  EXPECT_EQ(table.MergeInsert(on, options, rows).error().code, Code::kInvalidArgument);
}

TEST_F(MergeTest, WrongCallsChangeNothing) {
  Table table = Make(start_);
  const std::string k[] = {"k"}, none[] = {"none"};
  const Batch rows = Rows({{2, "B"}});
  EXPECT_EQ(table.MergeInsert({}, upsert_, rows).error().code, Code::kInvalidArgument);
  EXPECT_EQ(table.MergeInsert(none, upsert_, rows).error().code, Code::kNotFound);
  EXPECT_EQ(table.MergeInsert(k, {.update_where = {}, .delete_where = {}}, rows).error().code, Code::kInvalidArgument);
  Batch other = rows;
  other.schema.fields[0].name = "v", other.schema.fields[1].name = "k";
  EXPECT_EQ(table.MergeInsert(k, upsert_, other).error().code, Code::kInvalidArgument) << "text is no number";
  other.schema.fields[0].name = "k", other.schema.fields[1].name = "w";
  EXPECT_EQ(table.MergeInsert(k, upsert_, other).error().code, Code::kInvalidArgument) << "no such column";
  EXPECT_EQ(Contents(table), Contents(*Table::Open(table.path())));
}

TEST(KeyJoinTest, PartsOfAKeyDoNotRunTogether) {
  const std::string_view left[] = {"a", "ab", ""}, right[] = {"bc", "c", "abc"};
  const Array first = StringArray(left), second = StringArray(right);
  auto join = engine::KeyJoin::Of({&first, &second});
  ASSERT_TRUE(join);
  EXPECT_EQ(join->num_keys(), 3u);
}

TEST_F(MergeTest, OffsetsBecomeAddresses) {
  Table table = Make({{{1, "a"}, {2, "b"}, {3, "c"}}, {{4, "d"}}});
  ArrayBuilder two(TypeId::kInt64);
  two.Append(int64_t{2});
  ASSERT_TRUE(table.DeleteKeys("k", *two.Finish()));
  auto addresses = table.RowAddresses(std::vector<int64_t>{2, 1, 0, 1});
  ASSERT_TRUE(addresses) << addresses.error().ToString();
  EXPECT_EQ(*addresses, (std::vector<uint64_t>{uint64_t{1} << 32, 2, 0, 2}));
  EXPECT_EQ(table.RowAddresses(std::vector<int64_t>{3}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(table.RowAddresses(std::vector<int64_t>{-1}).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace squire
