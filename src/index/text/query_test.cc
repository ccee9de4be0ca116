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
  EXPECT_FALSE(query.truncated);
}

TEST(TextQuery, PhrasesAndSigns) {
  const TextQuery query = Parse("tail \"open File\" +path -test -\"no good\"");
  EXPECT_THAT(query.words, ElementsAre("open", "file", "path", "test", "no", "good", "tail"));
  EXPECT_THAT(query.weights, ElementsAre(1, 1, 1, 0, 0, 0, 1));
  ASSERT_EQ(query.clauses.size(), 4u);
  EXPECT_FALSE(query.clauses[0].excluded);
  EXPECT_THAT(query.clauses[0].words, ElementsAre(0, 1));
  EXPECT_THAT(query.clauses[1].words, ElementsAre(2));
  EXPECT_TRUE(query.clauses[2].excluded);
  EXPECT_THAT(query.clauses[3].words, ElementsAre(4, 5));
}

TEST(TextQuery, AnIdentifierWithASignIsAPhraseOfItsParts) {
  const TextQuery query = Parse("x -parseHttp +readFile");
  EXPECT_THAT(query.words, ElementsAre("parse", "http", "read", "file", "readfile", "x"));
  EXPECT_THAT(query.clauses[0].words, ElementsAre(0, 1));
  EXPECT_THAT(query.clauses[1].words, ElementsAre(2, 3));
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
  std::string many;
  for (size_t i = 0; i < kMaxQueryWords + 1; ++i) many += " w" + std::to_string(i);
  const TextQuery query = Parse(many + " \"kept whole\"");
  EXPECT_EQ(query.words.size(), kMaxQueryWords);
  EXPECT_TRUE(query.truncated);
  EXPECT_EQ(query.words[0], "kept");
  EXPECT_EQ(ParseTextQuery("\"" + many + "\"").error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace squire::text
