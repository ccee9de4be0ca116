// Columns added, dropped and renamed; versions tagged and restored; who may commit beside whom.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "squire/table.h"

namespace squire {
namespace {

class SchemaChangeTest : public testing::Test {
 protected:
  SchemaChangeTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_schema_XXXXXX").string();
    path_ = std::string(::mkdtemp(pattern.data())) + "/t.lance";
  }
  ~SchemaChangeTest() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }

  static Schema TestSchema() { return {{{"id", TypeId::kInt64, false, {}}, {"name", TypeId::kString, true, {}}}, {}}; }
  static Batch Rows(int64_t from, int64_t count) {
    ArrayBuilder id(TypeId::kInt64), name(TypeId::kString);
    for (int64_t i = from; i < from + count; i++) {
      id.Append(i);
      name.AppendText("n" + std::to_string(i));
    }
    return {TestSchema(), {*id.Finish(), *name.Finish()}, count};
  }
  Table Create() {
    Table table = *Table::Create(path_, TestSchema(), {.has_upkeep = false});
    EXPECT_TRUE(table.Append(Rows(0, 100)));
    EXPECT_TRUE(table.Append(Rows(100, 100)));
    return table;
  }
  static Result<uint64_t> Add(Table& table, Field field, std::string expression = {}) {
    const NewColumn columns[] = {{std::move(field), std::move(expression)}};
    return table.AddColumns(columns);
  }
  static Result<uint64_t> Drop(Table& table, const std::string& column) {
    const std::string columns[] = {column};
    return table.DropColumns(columns);
  }

  std::string path_;
};

TEST_F(SchemaChangeTest, ColumnsComeAndGo) {
  Table table = Create();
  ASSERT_TRUE(table.Delete("id = 5"));
  auto added = Add(table, {"twice", TypeId::kInt64, true, {}}, "id * 2");
  ASSERT_TRUE(added) << added.error().ToString();
  ASSERT_TRUE(Add(table, {"empty", ListOf(TypeId::kString), true, {}}));
  EXPECT_EQ(*table.CountRows("twice = id + id"), 199);
  EXPECT_EQ(*table.CountRows("empty IS NULL"), 199);
  EXPECT_EQ(Add(table, {"twice", TypeId::kInt64, true, {}}).error().code, Code::kAlreadyExists);
  EXPECT_EQ(Add(table, {"must", TypeId::kInt64, false, {}}).error().code, Code::kInvalidArgument);
  ASSERT_TRUE(table.RenameColumn("twice", "double"));
  EXPECT_EQ(*table.CountRows("double = 20"), 1);
  EXPECT_EQ(table.RenameColumn("double", "id").error().code, Code::kAlreadyExists);
  ASSERT_TRUE(Drop(table, "double"));
  EXPECT_EQ(table.schema().Find("double"), -1);
  EXPECT_EQ(Drop(table, "double").error().code, Code::kNotFound);
  // A column of an old name and type is a new one: what the old one held does not come back.
  ASSERT_TRUE(Add(table, {"double", TypeId::kInt64, true, {}}));
  EXPECT_EQ(*table.CountRows("double IS NULL"), 199);
  ASSERT_TRUE(table.Append(Rows(200, 10)));
  EXPECT_TRUE(table.Verify().problems.empty());
  EXPECT_EQ(*Table::Open(path_, {.version = 5})->CountRows("twice = 20"), 1);
}

TEST_F(SchemaChangeTest, VersionsAreTaggedAndRestored) {
  Table table = Create();
  ASSERT_TRUE(table.CreateTag("both", 3));
  EXPECT_EQ(table.CreateTag("both", 2).error().code, Code::kAlreadyExists);
  EXPECT_EQ(table.CreateTag("none", 9).error().code, Code::kNotFound);
  EXPECT_EQ(table.CreateTag("../x", 2).error().code, Code::kInvalidArgument);
  ASSERT_TRUE(table.Delete("id < 150"));
  ASSERT_TRUE(Add(table, {"more", TypeId::kInt64, true, {}}));
  ASSERT_EQ(table.Tags()->size(), 1u);
  EXPECT_EQ(table.Tags()->front().version, 3u);
  ASSERT_TRUE(table.Prune());
  EXPECT_EQ(Table::Open(path_, {.version = 3})->CountRows(), 200) << "a tag holds its version";
  EXPECT_EQ(*table.Restore(3), 6u);
  EXPECT_EQ(table.CountRows(), 200);
  EXPECT_EQ(table.schema(), TestSchema());
  ASSERT_TRUE(table.Append(Rows(500, 5)));
  EXPECT_TRUE(table.Verify().problems.empty());
  ASSERT_TRUE(table.UpdateTag("both", 6));
  ASSERT_TRUE(table.DeleteTag("both"));
  EXPECT_TRUE(table.Tags()->empty());
  EXPECT_EQ(table.DeleteTag("both").error().code, Code::kNotFound);
}

TEST_F(SchemaChangeTest, WritersBesideAChangedSchema) {
  Table one = Create();
  Table late = *Table::Open(path_), updating = *Table::Open(path_), deleting = *Table::Open(path_);
  auto append = *late.BeginWrite();
  ASSERT_TRUE(append->Append(Rows(300, 1)));
  auto update = *updating.BeginWrite();
  ASSERT_TRUE(update->DeleteWhere("id = 7"));
  ASSERT_TRUE(update->Append(Rows(7, 1)));
  auto removal = *deleting.BeginWrite();
  ASSERT_TRUE(removal->DeleteWhere("id = 8"));
  ASSERT_TRUE(Add(one, {"more", TypeId::kInt64, true, {}}, "id"));
  EXPECT_TRUE(append->Commit()) << "new rows have null there";
  EXPECT_EQ(update->Commit().error().code, Code::kConflict) << "a replaced row would lose the new column";
  EXPECT_TRUE(removal->Commit());
  Table now = *Table::Open(path_);
  EXPECT_EQ(now.CountRows(), 200);
  EXPECT_EQ(*now.CountRows("more IS NULL"), 1);

  Table adding = *Table::Open(path_);
  ASSERT_TRUE(now.Append(Rows(400, 1)));
  EXPECT_EQ(Add(adding, {"other", TypeId::kInt64, true, {}}, "id").error().code, Code::kConflict);
  EXPECT_TRUE(Add(adding, {"nothing", TypeId::kInt64, true, {}})) << "a column of nulls stands beside new rows";
}

}  // namespace
}  // namespace squire
