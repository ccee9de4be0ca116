// Filters on batches made by hand: what passes, what is refused and with which words, and what long and deep ones cost.

#include "query/where/filter.h"

#include <gmock/gmock.h>

#include "base/bits.h"
#include "query/where/lexer.h"

namespace squire::where {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Array Ints(const DataType& type, std::vector<std::optional<int64_t>> values) {
  ArrayBuilder builder(type);
  for (const auto& value : values) {
    if (!value)
      builder.AppendNull();
    else
      builder.AppendBytes(&*value, static_cast<size_t>(type.bit_width() / 8));
  }
  return *builder.Finish();
}

Array Texts(std::vector<std::optional<std::string>> values) {
  ArrayBuilder builder(TypeId::kString);
  for (const auto& value : values) {
    if (value)
      builder.AppendText(*value);
    else
      builder.AppendNull();
  }
  return *builder.Finish();
}

/// Six rows: path a, b, null, d, e, f; rev 0 .. 5 with 3 null; flag; point {x, y} null in row 1.
Batch Rows() {
  DataType point(TypeId::kStruct);
  point.children = {{"x", TypeId::kInt32, true, {}}, {"y", TypeId::kString, true, {}}};
  Batch batch;
  batch.num_rows = 6;
  batch.schema.fields = {{"path", TypeId::kString, true, {}},   {"rev", TypeId::kInt64, true, {}},
                         {"flag", TypeId::kBool, true, {}},     {"point", point, true, {}},
                         {"Odd name", TypeId::kInt8, true, {}}, {"tags", ListOf(TypeId::kInt32), true, {}}};
  ArrayBuilder flags(TypeId::kBool);
  for (const bool flag : {true, false, true, false, true, false}) flags.AppendBool(flag);
  Array points;
  points.type = point;
  points.length = 6;
  const uint8_t valid[] = {1, 0, 1, 1, 1, 1};
  points.validity = PackBits(valid);
  points.children = {Ints(TypeId::kInt32, {1, 1, 2, std::nullopt, 4, 5}), Texts({"p", "p", "q", "r", "s", "t"})};
  batch.columns = {Texts({"a", "b", std::nullopt, "d", "e", "f"}),
                   Ints(TypeId::kInt64, {0, 1, 2, std::nullopt, 4, 5}),
                   *flags.Finish(),
                   points,
                   Ints(TypeId::kInt8, {1, 2, 3, 4, 5, 6}),
                   *NullArray(ListOf(TypeId::kInt32), 6)};
  return batch;
}

std::vector<int> Passing(const std::string& text, const Batch& rows) {
  const auto filter = ParseFilter(text, rows.schema);
  if (!filter) {
    ADD_FAILURE() << text.substr(0, 100) << ": " << filter.error().ToString();
    return {};
  }
  std::vector<uint8_t> keep(static_cast<size_t>(rows.num_rows), 1);
  const auto applied = filter->Apply(rows, keep);
  EXPECT_TRUE(applied) << applied.error().ToString();
  std::vector<int> out;
  for (size_t row = 0; row < keep.size(); row++) {
    if (keep[row]) out.push_back(static_cast<int>(row));
  }
  return out;
}

std::vector<int> Passing(const std::string& text) { return Passing(text, Rows()); }

std::string Refusal(const std::string& text) {
  const auto filter = ParseFilter(text, Rows().schema);
  EXPECT_FALSE(filter) << text;
  if (filter) return "";
  EXPECT_EQ(filter.error().code, Code::kInvalidArgument);
  return filter.error().message;
}

TEST(Filter, ComparesAndConnects) {
  EXPECT_THAT(Passing("path = 'a' OR rev > 3"), ElementsAre(0, 4, 5));
  EXPECT_THAT(Passing("NOT (path = 'a' OR rev > 3)"), ElementsAre(1));  // null rows are unknown, not false
  EXPECT_THAT(Passing("flag AND rev BETWEEN 1 AND 4"), ElementsAre(2, 4));
  EXPECT_THAT(Passing("path IS NULL OR rev IS NULL"), ElementsAre(2, 3));
  EXPECT_THAT(Passing("path NOT IN ('a', NULL)"), ElementsAre());
  EXPECT_THAT(Passing("PATH LIKE '_' AND starts_with(path, 'd')"), ElementsAre(3));
  EXPECT_THAT(Passing("path LIKE 'a!%' ESCAPE '!'"), ElementsAre());
}

TEST(Filter, SlicesAreFilteredByTheirOwnRows) {
  const Batch rows = Rows().Slice(2, 3);
  EXPECT_THAT(Passing("path = 'd' OR rev = 4", rows), ElementsAre(1, 2));
  EXPECT_THAT(Passing("point.x = 4", rows), ElementsAre(2));
  EXPECT_THAT(Passing("flag", rows), ElementsAre(0, 2));
}

TEST(Filter, FieldsOfANullStructAreNull) {
  EXPECT_THAT(Passing("point.x = 1"), ElementsAre(0));
  EXPECT_THAT(Passing("point.x IS NULL"), ElementsAre(1, 3));
  EXPECT_THAT(Passing("point['y'] = 'p' OR `point`.`x` = 5"), ElementsAre(0, 5));
}

TEST(Filter, NumbersCompareByTheirValue) {
  EXPECT_THAT(Passing("rev < 0.5"), ElementsAre(0));
  EXPECT_THAT(Passing("rev = 0.5 OR rev != 0.5"), ElementsAre(0, 1, 2, 4, 5));
  EXPECT_THAT(Passing("`Odd name` < 300"), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Passing("`Odd name` >= 1e300"), ElementsAre());
  EXPECT_THAT(Passing("rev IN (1, 1.5, 99999999999999999999, 4.0)"), ElementsAre(1, 4));
  EXPECT_THAT(Passing("10 / rev = 5"), ElementsAre(2));  // a division by zero is null
}

TEST(Filter, ErrorsTellThePlaceAndWhatIsExpected) {
  EXPECT_THAT(Refusal("rev = "), HasSubstr("line 1, column 7: found the end, expected a column, a value"));
  EXPECT_THAT(Refusal("rev = 1\n  AND path == = 3"), HasSubstr("line 2, column 15: found '='"));
  EXPECT_THAT(Refusal("é = 1"), HasSubstr("line 1, column 1: the table has no column 'é'"));
  EXPECT_THAT(Refusal("pth = 'a'"), HasSubstr("did you mean 'path'?"));
  EXPECT_THAT(Refusal("point.z = 1"), HasSubstr("'point' has no field 'z'"));
  EXPECT_THAT(Refusal("rev.x = 1"), HasSubstr("'rev' has no fields"));
  EXPECT_THAT(Refusal("rev = '1'"), HasSubstr("the column is an integer, the value a string; write it without quotes"));
  EXPECT_THAT(Refusal("path = 1"), HasSubstr("write it in quotes"));
  EXPECT_THAT(Refusal("(rev = 1"), HasSubstr("expected ')' for the bracket at line 1, column 1"));
  EXPECT_THAT(Refusal("rev = 1)"), HasSubstr("no bracket is open"));
  EXPECT_THAT(Refusal("path = 'a"), HasSubstr("the quote ' that begins here is not closed"));
  EXPECT_THAT(Refusal("rev IN ()"), HasSubstr("found ')'"));
  EXPECT_THAT(Refusal("rev BETWEEN 1 OR 2"), HasSubstr("expected AND and the upper end of BETWEEN"));
  EXPECT_THAT(Refusal("start_with(path, 'a')"), HasSubstr("did you mean 'starts_with'?"));
  EXPECT_THAT(Refusal("regexp_like(path, 'a')"), HasSubstr("regexp_like is not supported"));
  EXPECT_THAT(Refusal("rev"), HasSubstr("a filter must be a condition, and this is an integer"));
  EXPECT_THAT(Refusal("rev AND flag"), HasSubstr("AND needs conditions"));
  EXPECT_THAT(Refusal("tags = 1"), HasSubstr("can only be tested for null"));
  EXPECT_THAT(Refusal("length(path, 1) = 1"), HasSubstr("length takes 1 arguments, not 2"));
  EXPECT_THAT(Refusal(""), HasSubstr("empty"));
  EXPECT_THAT(Refusal("date '2024-02-30' = date '2024-01-01'"), HasSubstr("is no date"));
  EXPECT_THAT(Refusal("CAST('x' AS int) = 1"), HasSubstr("TRY_CAST"));
}

TEST(Filter, ACastThatARowDoesNotAllowIsAnError) {
  const Batch rows = Rows();
  const auto filter = ParseFilter("CAST(path AS int) = 1", rows.schema);
  ASSERT_TRUE(filter);
  std::vector<uint8_t> keep(6, 1);
  const auto applied = filter->Apply(rows, keep);
  ASSERT_FALSE(applied);
  EXPECT_THAT(applied.error().message, HasSubstr("CAST: 'a' is not an integer"));
}

TEST(Filter, ConstantsAreKnownBeforeTheFirstRow) {
  for (const char* text : {"false", "1 = 2", "rev = 1 AND 1 = 2", "NULL", "rev IN (NULL)", "`Odd name` = 300 AND flag"})
    EXPECT_TRUE(ParseFilter(text, Rows().schema)->passes_nothing()) << text;
  for (const char* text : {"true", "rev = 1 OR 1 = 1", "NOT (rev IN (NULL)) OR flag"})
    EXPECT_FALSE(ParseFilter(text, Rows().schema)->passes_nothing()) << text;
}

std::string Joined(int arms, const char* between, const std::function<std::string(int)>& arm) {
  std::string text;
  for (int i = 0; i < arms; i++) text += (i > 0 ? between : "") + arm(i);
  return text;
}

TEST(Filter, LongChainsAreSets) {
  constexpr int kArms = 20'000;
  const auto key = [](int i) {
    return std::string(1, static_cast<char>('a' + i % 4)) + (i < 4 ? "" : std::to_string(i));
  };
  const std::string any = Joined(kArms, " OR ", [&](int i) { return "path = '" + key(i) + "'"; });
  EXPECT_THAT(Passing(any), ElementsAre(0, 1, 3));
  EXPECT_THAT(Passing("NOT (" + any + ")"), ElementsAre(4, 5));
  EXPECT_THAT(Passing(Joined(kArms, " AND ", [&](int i) { return "path != '" + key(i) + "'"; })), ElementsAre(4, 5));
  EXPECT_THAT(Passing(Joined(kArms, " OR ", [&](int i) { return "(path = '" + key(i) + "' AND rev >= 1)"; })),
              ElementsAre(1));
  EXPECT_THAT(Passing(Joined(kArms, " OR ",
                             [&](int i) { return "(rev = " + std::to_string(i) + " AND path = '" + key(i) + "')"; })),
              ElementsAre(0, 1));
  EXPECT_THAT(Passing(Joined(kArms, " OR ",
                             [&](int i) {
                               return "(path = '" + key(i) + "' AND lower(path) LIKE '" + std::string(1, 'a' + i % 3) +
                                      "%')";
                             })),
              ElementsAre(0, 1));
}

TEST(Filter, ArmsThatLookAlikeAreNotTakenForTheSame) {
  EXPECT_THAT(Passing("rev = 9 OR rev = 8 OR rev = 1.0 OR rev = 7"), ElementsAre(1));
  EXPECT_THAT(Passing("path = 'x' OR path = 'y' OR path = 'it''s' OR path = 'a' OR flag = false"),
              ElementsAre(0, 1, 3, 5));
  EXPECT_THAT(Passing("rev = 9 OR rev = 8 OR rev = 1 AND flag OR rev = 0"), ElementsAre(0));
  EXPECT_THAT(Passing("rev=9 OR rev=8 OR rev=1 OR(rev=0)"), ElementsAre(0, 1));
  EXPECT_THAT(Refusal("rev = 9 OR rev = 8 OR rev = 7 ORrev = 1"), HasSubstr("found 'ORrev'"));
  EXPECT_THAT(Refusal("rev = 9 OR rev = 8 OR rev = OR rev = 1"), HasSubstr("found 'OR'"));
}

TEST(Filter, UnderNotANullKeyIsUnknown) {
  // Of the row whose path is null, every arm is unknown where its rest is not false.
  const auto arms = [](const char* rest) {
    return Joined(30, " OR ",
                  [&](int i) { return "(path = 'k" + std::to_string(i) + "' AND " + rest + std::to_string(i) + ")"; });
  };
  EXPECT_THAT(Passing("NOT (" + arms("rev < ") + ")"), ElementsAre(0, 1, 3, 4, 5));
  EXPECT_THAT(Passing("NOT (" + arms("rev > 2 + ") + ")"), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Passing("(" + arms("rev < ") + ") IS NULL"), ElementsAre(2));
}

TEST(Filter, DepthIsNoDanger) {
  constexpr int kDepth = 200'000;
  const auto repeat = [](const char* text, int times) {
    std::string out;
    for (int i = 0; i < times; i++) out += text;
    return out;
  };
  EXPECT_THAT(Passing(repeat("(", kDepth) + "rev = 1" + repeat(")", kDepth)), ElementsAre(1));
  EXPECT_THAT(Passing(repeat("NOT ", kDepth) + "flag"), ElementsAre(0, 2, 4));
  EXPECT_THAT(Passing("rev = " + repeat("- ", kDepth) + "1"), ElementsAre(1));
  EXPECT_THAT(Passing("rev = " + repeat("(1 + ", kDepth) + "rev" + repeat(")", kDepth)), ElementsAre());
  EXPECT_THAT(Passing(repeat("(", kDepth) + "rev" + repeat(" - 1)", kDepth) + " = -" + std::to_string(kDepth)),
              ElementsAre(0));
  EXPECT_THAT(Passing(repeat("rev = 1 OR (flag AND (", 2'000) + "rev = 0" + repeat("))", 2'000)), ElementsAre(0, 1));
  EXPECT_THAT(Passing(repeat("lower(", kDepth) + "path" + repeat(")", kDepth) + " = 'a'"), ElementsAre(0));
  EXPECT_FALSE(ParseFilter(repeat("(", kDepth), Rows().schema));
  EXPECT_FALSE(ParseFilter(repeat("NOT ", kDepth), Rows().schema));
}

TEST(Filter, ArmsWithinArmsNestWithoutEnd) {
  std::string text = "flag";
  for (int depth = 0; depth < 300; depth++) {
    std::string level;
    for (int i = 0; i < 10; i++)
      level += "(rev = " + std::to_string(i) + " AND lower(path) != '" + std::to_string(depth * 10 + i) + "') OR ";
    text = level + "(rev >= 0 AND (" + text + "))";
  }
  EXPECT_THAT(Passing(text), ElementsAre(0, 1, 2, 4, 5));
}

TEST(Filter, TextThatGrowsWithoutEndIsRefused) {
  std::string text = "path";
  for (int i = 0; i < 4; i++) text = "replace(" + text + ", 'a', '" + std::string(1000, 'a') + "')";
  const Batch rows = Rows();
  const auto filter = ParseFilter(text + " = 'x'", rows.schema);
  ASSERT_TRUE(filter) << filter.error().ToString();
  std::vector<uint8_t> keep(6, 1);
  EXPECT_EQ(filter->Apply(rows, keep).error().code, Code::kOverBudget);
}

TEST(Filter, ListsCanBeTestedForNullAlone) {
  EXPECT_THAT(Passing("tags IS NULL"), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Passing("tags IN (NULL) OR tags = NULL"), ElementsAre());
  EXPECT_THAT(Passing("tags IS DISTINCT FROM NULL"), ElementsAre());
  EXPECT_THAT(Passing("point IN (NULL) OR point IS NOT NULL"), ElementsAre(0, 2, 3, 4, 5));
  EXPECT_THAT(Refusal("tags IN (1)"), HasSubstr("can only be tested for null"));
}

TEST(Filter, ALimitOnText) {
  const std::string text(kTextBytesMax + 1, ' ');
  EXPECT_THAT(ParseFilter(text, Rows().schema).error().message, HasSubstr("at most 256 MiB"));
}

}  // namespace
}  // namespace squire::where
