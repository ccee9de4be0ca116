#include "index/text/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace squire::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TextQuery Parse(std::string_view text) { return *ParseTextQuery(text); }

TEST(TextQuery, PlainWordsAreCounted) {
  const TextQuery query = Parse("read the readFile of the");
  EXPECT_THAT(query.words, ElementsAre("read", "the", "file", "readfile", "of"));
  EXPECT_THAT(query.weights, ElementsAre(2, 2, 1, 1, 1));
  EXPECT_THAT(query.clauses, IsEmpty());
}

TEST(TextQuery, PhrasesAndSigns) {
  const TextQuery query = Parse("tail \"open File\" +path -test -\"no good\"");
  EXPECT_THAT(query.words, ElementsAre("tail", "open", "file", "path", "test", "no", "good"));
  EXPECT_THAT(query.weights, ElementsAre(1, 1, 1, 1, 0, 0, 0));
  ASSERT_EQ(query.clauses.size(), 4u);
  EXPECT_FALSE(query.clauses[0].excluded);
  EXPECT_THAT(query.clauses[0].words, ElementsAre(1, 2));
  EXPECT_THAT(query.clauses[1].words, ElementsAre(3));
  EXPECT_TRUE(query.clauses[2].excluded);
  EXPECT_THAT(query.clauses[3].words, ElementsAre(5, 6));
}

TEST(TextQuery, AnIdentifierWithASignIsAPhraseOfItsParts) {
  const TextQuery query = Parse("x -parseHttp +readFile");
  EXPECT_THAT(query.words, ElementsAre("x", "parse", "http", "read", "file", "readfile"));
  EXPECT_THAT(query.clauses[0].words, ElementsAre(1, 2));
  EXPECT_THAT(query.clauses[1].words, ElementsAre(3, 4));
}

TEST(TextQuery, WhatIsNoSignOrPhrase) {
  for (const char* text :
       {"a - b", "a -1", "--a b", "a-b", "a+b", "a \"b", "f(\"a\", \"b\")", "a ++", "+ a", "a \"\""}) {
    EXPECT_THAT(Parse(text).clauses, IsEmpty()) << text;
  }
  EXPECT_THAT(Parse("\"unclosed phrase").words, ElementsAre("unclosed", "phrase"));
  EXPECT_THAT(Parse("-\"unclosed phrase").clauses.size(), 1u);  // the first word alone is excluded
  EXPECT_THAT(Parse("").words, IsEmpty());
  EXPECT_THAT(Parse("\xff\xfe \"\xff\"").words, IsEmpty());
}

TEST(TextQuery, Limits) {
  EXPECT_EQ(ParseTextQuery(std::string(kMaxQueryBytes + 1, 'a')).error().code, Code::kInvalidArgument);
  std::string many, patterns;
  for (size_t i = 0; i < kMaxQueryWords; ++i) many += " w" + std::to_string(i);
  for (size_t i = 0; i <= kMaxQueryPatterns; ++i) patterns += " ab" + std::to_string(i) + "*";
  EXPECT_EQ(Parse(many + " w1 W2").words.size(), kMaxQueryWords);
  for (const std::string& text : {many + " other", "\"" + many + " other\"", many + " -other", patterns}) {
    const auto refused = ParseTextQuery(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
    EXPECT_THAT(refused.error().message, testing::HasSubstr(text == patterns ? "256" : "4096"));
  }
}

TEST(TextQuery, PhrasesThatShouldBeHeldHaveALimit) {
  std::vector<TextCondition> phrases(kMaxOptionalClauses, {.text = "open file", .kind = TextCondition::Kind::kPhrase});
  EXPECT_EQ(CompileTextQuery(phrases, *Analyzer::ForCode())->clauses.size(), kMaxOptionalClauses);
  phrases.push_back(phrases[0]);
  EXPECT_EQ(CompileTextQuery(phrases, *Analyzer::ForCode()).error().code, Code::kInvalidArgument);
}

using Role = TextCondition::Role;
using Kind = TextCondition::Kind;

TextQuery Compile(const std::vector<TextCondition>& conditions, size_t typed = 0) {
  return *CompileTextQuery(conditions, **Analyzer::FromJson(R"({"stem":false})"), typed);
}

TEST(TextQuery, WhatShouldBeHeldAsAWholeCountsAsAWhole) {
  const TextCondition phrase{.text = "open file", .kind = Kind::kPhrase, .boost = 2};
  const TextCondition both{.text = "garden house", .all_words = true};
  TextQuery query = Compile({phrase, both, {.text = "file tree"}});
  EXPECT_THAT(query.words, ElementsAre("open", "file", "garden", "house", "tree"));
  EXPECT_THAT(query.weights, ElementsAre(0, 1, 0, 0, 1));
  ASSERT_EQ(query.clauses.size(), 2u);
  EXPECT_TRUE(query.clauses[0].optional && query.clauses[1].optional);
  EXPECT_EQ(query.clauses[0].kind, TextClause::Kind::kPhrase);
  EXPECT_EQ(query.clauses[1].kind, TextClause::Kind::kAllOf);
  ASSERT_EQ(query.clauses[0].gains.size(), 2u);
  EXPECT_EQ(query.clauses[0].gains[1].weight, 2);
  EXPECT_FALSE(query.is_plain());
  query = Compile({phrase, {.text = "tree", .role = Role::kMust}});
  EXPECT_TRUE(query.clauses[0].optional);
  query = Compile({phrase, {.text = "tree", .role = Role::kMustNot}});
  EXPECT_FALSE(query.clauses[0].optional) << "nothing else makes an answer";
  query = Compile({{.text = "open file", .column = "name"}, {.text = "tree"}});
  EXPECT_EQ(query.clauses.size(), 2u) << "each of them counts by itself";
  query = Compile({{.text = "open the", .all_words = true}, {.text = "tree"}});
  EXPECT_THAT(query.clauses, IsEmpty());
  EXPECT_THAT(query.weights, ElementsAre(1, 1));
}

TEST(TextQuery, WhatMustBeHeldAndHasNoWordsFindsNothing) {
  const TextCondition the{.text = "the", .role = Role::kMust};
  const TextCondition lengthy{.text = std::string(50, 'a'), .role = Role::kMust};
  EXPECT_TRUE(Compile({the, {.text = "house"}}).finds_nothing);
  EXPECT_TRUE(Compile({lengthy, {.text = "house"}}).finds_nothing);
  EXPECT_FALSE(Compile({the, {.text = "house"}}, 1).finds_nothing) << "+the house";
  EXPECT_TRUE(Compile({lengthy, {.text = "house"}}, 1).finds_nothing);
  EXPECT_FALSE(Compile({{.text = "the house", .role = Role::kMust}}).finds_nothing);
  for (const Role role : {Role::kShould, Role::kMustNot})
    EXPECT_FALSE(Compile({{.text = "the", .role = role, .all_words = true}, {.text = "house"}}).finds_nothing);
}

}  // namespace
}  // namespace squire::text
