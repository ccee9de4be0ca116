// Searches of words through an index find what reading every row finds, whatever was committed since it was made.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "engine/table_impl.h"
#include "io/memory.h"

namespace squire {
namespace {

class TextSearchTest : public testing::Test {
 protected:
  static Schema TestSchema() {
    return {
        {{"id", TypeId::kInt64, true, {}}, {"text", TypeId::kString, true, {}}, {"name", TypeId::kString, true, {}}},
        {}};
  }
  static std::string Word(std::mt19937_64& random) {
    static constexpr const char* kParts[] = {"parse", "header", "http", "read", "file", "open", "index", "word"};
    const uint64_t kind = random() % 8;
    std::string word = kParts[random() % 8];
    if (kind == 0) word += "_" + std::string(kParts[random() % 8]);
    if (kind == 1) word += std::to_string(random() % 40);
    return word;
  }
  static std::string Text(std::mt19937_64& random, uint64_t words_max) {
    std::string out;
    for (uint64_t i = random() % words_max; i > 0; i--) out += Word(random) + " ";
    return out;
  }
  static Batch Rows(int64_t from, int64_t count) {
    ArrayBuilder id(TypeId::kInt64), text(TypeId::kString), name(TypeId::kString);
    for (int64_t i = from; i < from + count; i++) {
      std::mt19937_64 random(static_cast<uint64_t>(i) + 1);
      id.Append(i);
      if (i % 50 == 7)
        text.AppendNull();
      else
        text.AppendText(Text(random, 40));
      name.AppendText(Text(random, 3));
    }
    return {TestSchema(), {*id.Finish(), *text.Finish(), *name.Finish()}, count};
  }
  static Array Ids(const std::vector<int64_t>& ids) {
    ArrayBuilder out(TypeId::kInt64);
    for (int64_t id : ids) out.Append(id);
    return *out.Finish();
  }
  Table Make(int64_t rows, bool with_position) {
    (void)fs_.RemoveAll("/t.lance");
    Table table = *TableAccess::Create(fs_, "/t.lance", TestSchema());
    EXPECT_TRUE(table.Append(Rows(0, rows)));
    const std::vector<std::string> columns = {"text", "name"};
    const auto made =
        table.CreateTextIndex(columns, {.base_tokenizer = "code1", .with_position = with_position, .boosts = {2, 5}});
    EXPECT_TRUE(made) << made.error().ToString();
    return table;
  }

  /// Through the index and without: the same scores, and where they differ the same rows.
  static void ExpectSame(const Table& table, const std::string& query, TextSearchOptions options) {
    options.name_column = "name";
    const auto found = table.TextSearch(query, options);
    ASSERT_TRUE(found) << query << ": " << found.error().ToString();
    options.use_index = false;
    const auto expected = *table.TextSearch(query, options);
    ASSERT_EQ(found->size(), expected.size()) << query;
    std::map<uint64_t, float> scores;
    for (const Hit& hit : expected) scores[hit.row_address] = hit.score;
    for (size_t i = 0; i < expected.size(); i++) {
      ASSERT_NEAR((*found)[i].score, expected[i].score, 1e-4 * (1 + expected[i].score)) << query << " " << i;
      const auto same = scores.find((*found)[i].row_address);
      if (same != scores.end()) {
        ASSERT_NEAR((*found)[i].score, same->second, 1e-4 * (1 + same->second)) << query;
      }
    }
  }
  static void ExpectSameForAll(const Table& table) {
    for (const char* query :
         {"parse", "open file", "how does parse read the http header file", "\"open file\"", "+header -http read",
          "-\"open file\" open", "readFile", "+readFile", "pars*", "+ope* -head*", "heder~1", "word~ index~2",
          "name:open", "file -name:parse", "open AND index", "parse^3 word", "\"read the\"", "nowhere", ""}) {
      for (const size_t limit : {size_t{10}, size_t{5000}}) {
        ASSERT_NO_FATAL_FAILURE(ExpectSame(table, query, {.limit = limit, .filter = {}}));
        ASSERT_NO_FATAL_FAILURE(ExpectSame(table, query, {.limit = limit, .where = "id % 3 = 0", .filter = {}}));
      }
      ASSERT_NO_FATAL_FAILURE(ExpectSame(table, query, {.filter = {}, .all_words = true, .k1 = 0.5, .b = 0.2}));
    }
  }

  MemoryFileSystem fs_;
};

TEST_F(TextSearchTest, FindsWhatReadingEveryRowFinds) {
  for (const bool with_position : {true, false}) {
    Table table = Make(900, with_position);
    ASSERT_NO_FATAL_FAILURE(ExpectSameForAll(table));
    for (int64_t commit = 0; commit < 12; commit++) {
      ASSERT_TRUE(table.Append(Rows(900 + commit * 7, 7)));
      ASSERT_NO_FATAL_FAILURE(ExpectSame(table, "parse header", {.filter = {}}));
    }
    ASSERT_NO_FATAL_FAILURE(ExpectSameForAll(table));
  }
}

TEST_F(TextSearchTest, RowsAreFoundAtOnceAndVanishAtOnce) {
  Table table = Make(300, true);
  ArrayBuilder id(TypeId::kInt64), text(TypeId::kString), name(TypeId::kString);
  id.Append<int64_t>(5000);
  text.AppendText("a zebra crosses the openRoad");
  name.AppendText("zoo");
  ASSERT_TRUE(table.Append({TestSchema(), {*id.Finish(), *text.Finish(), *name.Finish()}, 1}));
  const TextSearchOptions options{.name_column = "name", .filter = {}};
  for (const char* query : {"zebra", "\"zebra crosses\"", "zeb*", "zebta~1", "name:zoo", "openroad"})
    EXPECT_EQ(table.TextSearch(query, options)->size(), 1u) << query;
  ASSERT_TRUE(table.DeleteKeys("id", Ids({5000, 1, 2, 3})));
  EXPECT_TRUE(table.TextSearch("zebra", options)->empty());
  const auto deleted = [](const Batch& rows) {
    return std::ranges::any_of(rows.columns[0].values<int64_t>(), [](int64_t one) { return one >= 1 && one <= 3; });
  };
  const auto found = *table.TextSearch("parse header http read file open index word",
                                       {.name_column = "name", .limit = 1000, .filter = {}});
  std::vector<uint64_t> addresses;
  for (const Hit& hit : found) addresses.push_back(hit.row_address);
  EXPECT_FALSE(deleted(*table.Take(addresses, {"id"})));
}

TEST_F(TextSearchTest, RowsWithoutWordsDoNotHideThatOthersAreGone) {
  const auto rows = [](int64_t from, int64_t count, int64_t without, const char* words) {
    ArrayBuilder id(TypeId::kInt64), text(TypeId::kString), name(TypeId::kString);
    for (int64_t i = 0; i < count; i++) {
      id.Append(from + i);
      text.AppendText(i < without ? "" : words);
      name.AppendText("");
    }
    return Batch{TestSchema(), {*id.Finish(), *text.Finish(), *name.Finish()}, count};
  };
  const TextSearchOptions options{.name_column = "name", .filter = {}};
  for (const bool is_indexed : {true, false}) {
    Table table = Make(20, false);
    if (is_indexed) {
      ASSERT_TRUE(table.DropIndex(table.Indexes()[0].name));
    }
    // As many documents as there are rows when the last three are gone.
    ASSERT_TRUE(table.Append(rows(1000, 30, 3, "camel")));
    ASSERT_TRUE(table.Append(rows(2000, 3, 0, "zebra")));
    const std::vector<std::string> columns = {"text", "name"};
    if (is_indexed) {
      ASSERT_TRUE(table.CreateTextIndex(columns, {.base_tokenizer = "code1"}));
    }
    ASSERT_EQ(table.TextSearch("zebra", options)->size(), 3u);
    ASSERT_TRUE(table.DeleteKeys("id", Ids({2000, 2001, 2002})));
    EXPECT_TRUE(table.TextSearch("zebra", options)->empty()) << is_indexed;
    EXPECT_EQ(table.TextSearch("camel", options)->size(), 10u);
  }
}

TEST_F(TextSearchTest, ConditionsOfColumnsApartAddUp) {
  Table table = Make(300, true);
  using Role = TextCondition::Role;
  const auto scores_of = [&](const std::string& column, const std::string& words) {
    std::map<uint64_t, float> out;
    const auto found = *table.TextSearch(words, {.text_column = column, .limit = 1000, .filter = {}});
    for (const Hit& hit : found) out[hit.row_address] = hit.score;
    return out;
  };
  const auto open = scores_of("text", "open"), parse = scores_of("text", "parse"), named = scores_of("name", "header");
  ASSERT_FALSE(open.empty() || parse.empty() || named.empty());
  for (const Role role : {Role::kShould, Role::kMust, Role::kMustNot}) {
    TextSearchOptions options{.limit = 1000, .filter = {}};
    options.conditions = {{.text = "open", .role = Role::kMust}, {.text = "header", .role = role, .column = "name"}};
    auto expected = open;
    for (const auto& [row, score] : open) {
      const auto other = named.find(row);
      const bool holds = other != named.end();
      if (holds && role != Role::kMustNot) expected[row] += other->second;
      if (role != Role::kShould && holds != (role == Role::kMust)) expected.erase(row);
    }
    const auto found = *table.TextSearch("", options);
    ASSERT_EQ(found.size(), expected.size());
    ASSERT_FALSE(found.empty());
    for (const Hit& hit : found) EXPECT_NEAR(hit.score, expected.at(hit.row_address), 1e-4);
    options.limit = 3;
    const auto best = *table.TextSearch("", options);
    ASSERT_EQ(best.size(), 3u);
    for (size_t i = 0; i < best.size(); i++) EXPECT_EQ(best[i].row_address, found[i].row_address);
  }
  const TextSearchOptions either{.limit = 1000, .filter = {}, .conditions = {{.text = "header", .column = "name"}}};
  auto rows = parse;
  rows.insert(named.begin(), named.end());
  EXPECT_EQ(table.TextSearch("parse", either)->size(), rows.size());
}

TEST_F(TextSearchTest, ConditionsAndTheirLimits) {
  Table table = Make(300, true);
  TextSearchOptions options{.name_column = "name", .filter = {}};
  options.conditions = {{.text = "open file", .kind = TextCondition::Kind::kPhrase, .role = TextCondition::Role::kMust},
                        {.text = "parse", .role = TextCondition::Role::kMustNot}};
  ASSERT_NO_FATAL_FAILURE(ExpectSame(table, "", options));
  options.conditions = {{.text = "open", .role = TextCondition::Role::kMust, .column = "name"}};
  ASSERT_NO_FATAL_FAILURE(ExpectSame(table, "header", options));
  for (const TextCondition& wrong :
       {TextCondition{.text = "a", .column = "id"}, TextCondition{.text = "a", .boost = 0},
        TextCondition{.text = "a", .edits = 3}, TextCondition{.text = "a", .words_max = 0}}) {
    options.conditions = {wrong};
    EXPECT_EQ(table.TextSearch("a", options).error().code, Code::kInvalidArgument);
  }
  EXPECT_EQ(table.TextSearch("a", {.filter = {}, .b = 2}).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace squire
