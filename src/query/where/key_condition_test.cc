// What a filter demands of a column, as an index would ask.

#include "query/where/key_condition.h"

#include <gmock/gmock.h>

#include <set>

#include "query/where/filter.h"

namespace squire::where {
namespace {

using Kind = KeyCondition::Kind;

Schema TestSchema() {
  return Schema{{{"path", TypeId::kString, true, {}},
                 {"id", TypeId::kInt32, true, {}},
                 {"score", TypeId::kDouble, true, {}},
                 {"day", TypeId::kDate32, true, {}}},
                {}};
}

KeyCondition On(const char* column, const std::string& text) {
  const auto filter = ParseFilter(text, TestSchema());
  EXPECT_TRUE(filter) << text << ": " << filter.error().ToString();
  auto condition = filter->ConditionOn(column);
  EXPECT_TRUE(condition);
  return *std::move(condition);
}

std::set<std::string> Paths(const std::string& text) {
  const KeyCondition condition = On("path", text);
  EXPECT_EQ(condition.kind, Kind::kKeys) << text;
  std::set<std::string> out;
  for (int64_t row = 0; row < condition.keys.length; row++) out.emplace(condition.keys.Text(row));
  EXPECT_EQ(std::ssize(out), condition.keys.length) << "keys are distinct";
  return out;
}

TEST(KeyCondition, KeysOfEqualitiesAndLists) {
  EXPECT_EQ(Paths("path = 'a'"), (std::set<std::string>{"a"}));
  EXPECT_EQ(Paths("'a' = path AND id > 3"), (std::set<std::string>{"a"}));
  EXPECT_EQ(Paths("path IN ('a', 'b', NULL, 'a')"), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(Paths("path = 'a' OR path = 'b' OR path IN ('c')"), (std::set<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Paths("path IN ('a', 'b', 'c') AND path = 'b'"), (std::set<std::string>{"b"}));
  EXPECT_EQ(Paths("(path = 'a' AND id = 1) OR (path = 'b' AND (id = 2 OR id = 3))"), (std::set<std::string>{"a", "b"}));
}

TEST(KeyCondition, KeysOfArmsFoundByKey) {
  std::string few, many;
  std::set<std::string> keys;
  for (int i = 0; i < 40; i++) {
    const std::string key = "k" + std::to_string(i);
    keys.insert(key);
    few += (i > 0 ? " OR " : "") + ("(path = '" + key + "' AND id > 3)");
    many += (i > 0 ? " OR " : "") + ("(path = '" + key + "' AND id > ") + std::to_string(i) + ")";
  }
  EXPECT_EQ(Paths(few), keys);
  EXPECT_EQ(Paths(many), keys);
  EXPECT_EQ(Paths("(" + many + ") AND score > 1"), keys);
}

TEST(KeyCondition, Ranges) {
  const KeyCondition both = On("id", "id > 3 AND id <= 9 AND path LIKE 'a%'");
  ASSERT_EQ(both.kind, Kind::kRange);
  EXPECT_EQ(both.lower->value.values<int32_t>()[0], 3);
  EXPECT_FALSE(both.lower->is_inclusive);
  EXPECT_EQ(both.upper->value.values<int32_t>()[0], 9);
  EXPECT_TRUE(both.upper->is_inclusive);
  const KeyCondition between = On("day", "day BETWEEN date '1970-01-02' AND date '1970-01-05'");
  ASSERT_EQ(between.kind, Kind::kRange);
  EXPECT_EQ(between.lower->value.values<int32_t>()[0], 1);
  EXPECT_EQ(between.upper->value.values<int32_t>()[0], 4);
  const KeyCondition half = On("score", "1.5 < score");
  ASSERT_EQ(half.kind, Kind::kRange);
  EXPECT_EQ(half.lower->value.values<double>()[0], 1.5);
  EXPECT_FALSE(half.upper);
  EXPECT_EQ(On("id", "id > 2.5").lower->value.values<int32_t>()[0], 2);  // more than 2.5 is more than 2
}

TEST(KeyCondition, WhatSaysNothingAndWhatLetsNothingThrough) {
  for (const char* text : {"id = 1", "NOT path = 'a'", "path != 'a'", "path = 'a' OR id = 1", "path IS NULL",
                           "lower(path) = 'a'", "path NOT IN ('a')", "path LIKE 'a%'", "(path = 'a') IS NOT TRUE"})
    EXPECT_EQ(On("path", text).kind, Kind::kAnything) << text;
  for (const char* text : {"id = 1.5", "id = 3000000000", "id > 3 AND false", "id IN (NULL)"})
    EXPECT_EQ(On("id", text).kind, Kind::kNothing) << text;
  EXPECT_EQ(On("nothing", "id = 1").kind, Kind::kAnything);
}

}  // namespace
}  // namespace squire::where
