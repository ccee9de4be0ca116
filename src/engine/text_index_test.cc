// Text indexes of tables: made, kept up by commits in entries of their own sizes, read whole by verify.

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "engine/table_impl.h"
#include "index/text/write_index.h"
#include "io/memory.h"

namespace squire {
namespace {

const std::vector<std::string> kText = {"text"};

class TextIndexTest : public testing::Test {
 protected:
  static Schema TestSchema() {
    return {
        {{"id", TypeId::kInt64, true, {}}, {"text", TypeId::kString, true, {}}, {"name", TypeId::kString, true, {}}},
        {}};
  }
  static std::string TextOf(int64_t id) {
    std::mt19937_64 random(static_cast<uint64_t>(id) + 1);
    std::string out;
    for (uint64_t i = random() % 12; i > 0; i--) out += "word" + std::to_string(random() % 300) + " parseHeader ";
    return out;
  }
  static Batch Rows(int64_t from, int64_t count) {
    ArrayBuilder id(TypeId::kInt64), text(TypeId::kString), name(TypeId::kString);
    for (int64_t i = from; i < from + count; i++) {
      id.Append(i);
      if (i % 50 == 7)
        text.AppendNull();
      else
        text.AppendText(TextOf(i));
      name.AppendText("name" + std::to_string(i % 10));
    }
    return {TestSchema(), {*id.Finish(), *text.Finish(), *name.Finish()}, count};
  }
  static Array Ids(const std::vector<int64_t>& ids) {
    ArrayBuilder out(TypeId::kInt64);
    for (int64_t id : ids) out.Append(id);
    return *out.Finish();
  }
  Table Make(int64_t rows, const TextIndexOptions& options = {}, const std::vector<std::string>& columns = kText) {
    (void)fs_.RemoveAll("/t.lance");
    Table table = *TableAccess::Create(fs_, "/t.lance", TestSchema());
    EXPECT_TRUE(rows == 0 || table.Append(Rows(0, rows)));
    const auto made = table.CreateTextIndex(columns, options);
    EXPECT_TRUE(made) << made.error().ToString();
    return table;
  }
  /// Entries of the newest version's index and the documents in them.
  std::vector<uint64_t> Documents() {
    const auto files = std::make_shared<table::FileCache>(fs_, 8);
    const auto snapshot = *table::Snapshot::Open(files, "/t.lance");
    std::vector<uint64_t> out;
    for (const pb::IndexMetadata& entry : snapshot->indices().indices()) {
      const auto index = text::TextIndex::Open(*snapshot, entry);
      EXPECT_TRUE(index) << index.error().ToString();
      if (index) out.push_back((*index)->num_documents());
    }
    return out;
  }
  static std::string Verified(const Table& table) {
    const VerifyReport report = table.Verify();
    return report.problems.empty() ? "" : report.problems[0];
  }

  MemoryFileSystem fs_;
};

TEST_F(TextIndexTest, IsMadeListedVerifiedAndDropped) {
  for (const bool with_position : {false, true}) {
    for (const char* tokenizer : {"simple", "whitespace", "code1"}) {
      Table table = Make(700, {.base_tokenizer = tokenizer, .with_position = with_position});
      ASSERT_EQ(table.Indexes().size(), 1u);
      EXPECT_EQ(table.Indexes()[0].name, "text_idx");
      EXPECT_EQ(table.Indexes()[0].kind, tokenizer == std::string("code1") ? "Text" : "Inverted");
      EXPECT_EQ(Verified(table), "") << tokenizer;
      ASSERT_TRUE(table.CreateTextIndex(kText));
      EXPECT_EQ(table.Indexes().size(), 1u) << "in place of the other";
      ASSERT_TRUE(table.DropIndex("text_idx"));
      EXPECT_TRUE(table.Indexes().empty());
    }
  }
  Table empty = Make(0);
  EXPECT_EQ(Verified(empty), "");
}

TEST_F(TextIndexTest, SeveralColumnsWithBoosts) {
  Table table = Make(300, {.base_tokenizer = "code1", .boosts = {2, 5}}, {"text", "name"});
  EXPECT_EQ(table.Indexes()[0].columns, (std::vector<std::string>{"text", "name"}));
  EXPECT_EQ(Verified(table), "");
  EXPECT_EQ(table.CreateTextIndex(kText, {.boosts = {2, 5}}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(table.CreateTextIndex(std::vector<std::string>{"text", "text"}).error().code, Code::kInvalidArgument);
}

TEST_F(TextIndexTest, CommitsKeepItUpInEntriesOfGrowingSize) {
  for (const char* tokenizer : {"simple", "code1"}) {
    Table table = Make(6000, {.base_tokenizer = tokenizer, .with_position = true});
    size_t entries_max = 0;
    for (int64_t i = 0; i < 20; i++) {
      ASSERT_TRUE(table.Append(Rows(10'000 + 400 * i, 400)));
      ASSERT_TRUE(table.DeleteKeys("id", Ids({i, i + 500, 10'000 + 400 * i})));
      entries_max = std::max(entries_max, Documents().size());
    }
    EXPECT_GT(entries_max, 1u) << "the large one is not written anew for a few rows";
    EXPECT_LE(entries_max, 5u);
    EXPECT_EQ(table.Indexes().size(), 1u) << "entries of one name are one index";
    EXPECT_EQ(Verified(table), "");
    Table again = *TableAccess::Open(fs_, "/t.lance");
    EXPECT_EQ(Verified(again), "");
    ASSERT_TRUE(again.Compact());
    ASSERT_TRUE(again.Optimize());
    EXPECT_EQ(Verified(again), "");
    ASSERT_TRUE(again.DropIndex("text_idx"));
    EXPECT_TRUE(Documents().empty());
  }
}

TEST_F(TextIndexTest, RowsThatAreGoneLeaveIt) {
  Table table = Make(4000);
  const uint64_t before = Documents()[0];
  std::vector<int64_t> gone(3000);
  std::iota(gone.begin(), gone.end(), 0);
  ASSERT_TRUE(table.DeleteKeys("id", Ids(gone)));
  ASSERT_TRUE(table.Append(Rows(10'000, 50)));
  const auto optimized = table.Optimize();
  ASSERT_TRUE(optimized);
  EXPECT_EQ(optimized->put_off, "");
  uint64_t after = 0;
  for (const uint64_t documents : Documents()) after += documents;
  EXPECT_LT(after, before / 2);
  EXPECT_EQ(Verified(table), "");
}

TEST_F(TextIndexTest, IsBuiltWithinAnyMemory) {
  Table table = *TableAccess::Create(fs_, "/t.lance", TestSchema());
  ASSERT_TRUE(table.Append(Rows(0, 3000)));
  const auto files = std::make_shared<table::FileCache>(fs_, 8);
  const auto snapshot = *table::Snapshot::Open(files, "/t.lance");
  text::TextIndexWork work;
  work.parameters = {{{1, 1}}, R"({"base_tokenizer":"simple"})", true};
  work.name = "text_idx";
  work.fragments = {snapshot->fragment(0).id()};
  const auto whole = text::WriteTextIndex(*snapshot, work);
  ASSERT_TRUE(whole) << whole.error().ToString();
  work.memory_bytes_max = 200 << 10;
  const auto pieces = text::WriteTextIndex(*snapshot, work);
  ASSERT_TRUE(pieces) << pieces.error().ToString();
  const auto one = *text::TextIndex::Open(*snapshot, *whole), other = *text::TextIndex::Open(*snapshot, *pieces);
  ASSERT_EQ(one->parts().size(), 1u);
  ASSERT_EQ(other->parts().size(), 1u);
  const text::TextPart &a = *one->parts()[0], &b = *other->parts()[0];
  ASSERT_EQ(a.num_words(), b.num_words());
  for (size_t i = 0; i < a.num_words(); i++) {
    ASSERT_EQ(a.word(i), b.word(i));
    ASSERT_EQ(a.Postings(i)->blocks, b.Postings(i)->blocks);
    ASSERT_EQ(a.Postings(i)->positions, b.Postings(i)->positions);
  }
  EXPECT_EQ(whole->files_size(), pieces->files_size()) << "what was put down meanwhile is gone";
}

TEST_F(TextIndexTest, DamageIsTold) {
  {
    Table table = Make(500);
  }
  const std::string folder = "/t.lance/_indices/" + fs_.List("/t.lance/_indices")->front().name;
  const std::vector<FileInfo> files = *fs_.List(folder);
  for (const FileInfo& file : files) {
    const std::string path = folder + "/" + file.name;
    const auto bytes = *ReadWholeFile(fs_, path);
    ASSERT_TRUE(fs_.Remove(path));
    ASSERT_TRUE((*fs_.Create(path))->Close());
    EXPECT_NE(Verified(*TableAccess::Open(fs_, "/t.lance")), "") << file.name;
    ASSERT_TRUE(fs_.Replace(path, bytes));
  }
  EXPECT_EQ(Verified(*TableAccess::Open(fs_, "/t.lance")), "");
}

TEST_F(TextIndexTest, RefusesWhatCannotBeIndexed) {
  Table table = *TableAccess::Create(fs_, "/t.lance", TestSchema());
  EXPECT_EQ(table.CreateTextIndex(std::vector<std::string>{"id"}).error().code, Code::kUnsupported);
  EXPECT_EQ(table.CreateTextIndex(std::vector<std::string>{"none"}).error().code, Code::kNotFound);
  EXPECT_EQ(table.CreateTextIndex({}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(table.CreateTextIndex(kText, {.base_tokenizer = "jieba/x"}).error().code, Code::kUnsupported);
  const auto left = fs_.List("/t.lance/_indices");
  EXPECT_TRUE(!left || left->empty());
}

}  // namespace
}  // namespace squire
