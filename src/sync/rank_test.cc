// The words of a question, and the order of what was found.

#include "sync/rank.h"

#include <gmock/gmock.h>

#include "sync/question.h"

namespace squire::sync {
namespace {

using testing::ElementsAre;

TEST(QuestionTest, IdentifiersGiveTheirPartsAndTheWhole) {
  EXPECT_THAT(
      PlainWords("parse_httpHeaders of ParseHTTPHeader"),
      ElementsAre("parse", "http", "header", "parsehttpheader", "of", "parse", "http", "header", "parsehttpheader"));
  EXPECT_THAT(PartWords("__init__"), ElementsAre("init"));
  EXPECT_THAT(PartWords("utf8Decode caches bus classes matches entries"),
              ElementsAre("utf8", "decode", "cache", "bus", "class", "match", "entry"));
  EXPECT_THAT(PlainWords("\xff\xfe ?"), ElementsAre("\xff\xfe"));
  EXPECT_TRUE(PlainWords("").empty());
}

TEST(QuestionTest, WordsThatSayNothingAreLeftOut) {
  EXPECT_EQ(WithoutStopWords("Where is the limit of retries?"), "limit retries?");
  EXPECT_EQ(WithoutStopWords("to be or not to be"), "to be or not to be") << "nothing else is asked";
  EXPECT_EQ(WithoutStopWords("\"to be\" read"), "\"to be\" read");
  EXPECT_EQ(WithoutStopWords("+the -not read AND write"), "+the -not read AND write");
  EXPECT_EQ(WithoutStopWords("  "), "  ");
}

Candidate At(uint64_t row, std::string_view path, std::string_view name, std::string_view kind, size_t words,
             size_t vector) {
  return {row, path, name, kind, {words, 1.0}, {vector, 1.0}};
}

std::vector<uint64_t> Rows(std::span<const Ranked> ranked, std::span<const Candidate> candidates) {
  std::vector<uint64_t> rows;
  for (const Ranked& hit : ranked) rows.push_back(candidates[hit.candidate].row);
  return rows;
}

TEST(RankTest, BothRankingsCountAndTiesGoByRow) {
  const Candidate candidates[] = {At(9, "a.py", "", "text", 1, 0), At(3, "b.py", "", "text", 0, 1),
                                  At(5, "c.py", "", "text", 2, 2)};
  EXPECT_THAT(Rows(Fuse("x", candidates, 1, 1), candidates), ElementsAre(5, 3, 9));
  EXPECT_THAT(Rows(Fuse("x", candidates, 1, 0), candidates), ElementsAre(9, 5, 3));
  for (const Ranked& hit : Fuse("x", candidates, 1, 1)) {
    double sum = 0;
    for (const ScorePart& part : hit.parts) sum += part.adds;
    EXPECT_DOUBLE_EQ(sum, hit.score);
  }
}

TEST(RankTest, TheNamedComesFirst) {
  const Candidate candidates[] = {At(1, "use.py", "run", "function", 1, 1),
                                  At(2, "http.py", "Server.parse_header", "method", 30, 0)};
  EXPECT_THAT(Rows(Fuse("parseHeader", candidates, 1, 1), candidates), ElementsAre(2, 1));
  EXPECT_THAT(Rows(Fuse("where is something else", candidates, 1, 1), candidates), ElementsAre(1, 2));
}

TEST(RankTest, CodeComesAboveItsTestUnlessTestsAreAsked) {
  const Candidate candidates[] = {At(1, "tests/io/test_read.py", "read", "function", 1, 2),
                                  At(2, "src/read.py", "read", "function", 2, 1)};
  EXPECT_THAT(Rows(Fuse("read a file", candidates, 1, 1), candidates), ElementsAre(2, 1));
  EXPECT_THAT(Rows(Fuse("tests of reading", candidates, 1, 1), candidates), ElementsAre(1, 2));
}

TEST(RankTest, FilesStandWhereTheirBestHitStands) {
  const Candidate candidates[] = {At(1, "a", "", "", 1, 0), At(2, "b", "", "", 2, 0), At(3, "a", "", "", 3, 0),
                                  At(4, "a", "", "", 4, 0), At(5, "c", "", "", 5, 0)};
  const auto ranked = Fuse("x", candidates, 1, 1);
  EXPECT_THAT(Rows(GroupByFile(ranked, candidates, 2, 2), candidates), ElementsAre(1, 3, 2));
}

}  // namespace
}  // namespace squire::sync
