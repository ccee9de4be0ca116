// BM25 against the formula written down plainly, over random documents.

#include "index/text/bm25.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <thread>

#include "index/text/words.h"

namespace squire::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Owned {
  uint64_t row;
  std::string text, name, path;
  bool wanted = true;
};

std::vector<TextDocument> Views(const std::vector<Owned>& documents) {
  std::vector<TextDocument> views;
  for (const Owned& d : documents) views.push_back({d.row, d.text, d.name, d.path, d.wanted});
  return views;
}

struct Bag {
  std::map<std::string, double> frequency;
  double length = 0;

  void Add(const std::string& text, double boost) {
    if (boost == 0) return;
    ForEachWord(text, [&](std::string_view word, WordKind) {
      frequency[std::string(word)] += boost;
      length += boost;
    });
  }
};

// Plain words only.
std::vector<TextHit> Naive(const std::vector<Owned>& documents, const std::string& query, const Bm25Options& options,
                           size_t k) {
  std::vector<Bag> bags;
  std::map<std::string, double> documents_with;
  double mean = 0, n = 0;  // of the documents that have a word
  for (const Owned& d : documents) {
    Bag bag;
    bag.Add(d.text, 1);
    bag.Add(d.name, options.name_boost);
    bag.Add(d.path, options.path_boost);
    for (const auto& [word, unused] : bag.frequency) documents_with[word] += 1;
    mean += bag.length;
    n += bag.length > 0 ? 1 : 0;
    bags.push_back(bag);
  }
  mean /= std::max(n, 1.0);
  std::vector<TextHit> hits;
  for (size_t i = 0; i < documents.size(); ++i) {
    double score = 0;
    bool any = false;
    ForEachWord(query, [&](std::string_view word, WordKind) {
      const auto found = bags[i].frequency.find(std::string(word));
      if (found == bags[i].frequency.end()) return;
      const double df = documents_with[std::string(word)];
      const double idf = std::log(1 + (n - df + 0.5) / (df + 0.5)), tf = found->second;
      score += idf * tf * (options.k1 + 1) / (tf + options.k1 * (1 - options.b + options.b * bags[i].length / mean));
      any = true;
    });
    if (any && documents[i].wanted) hits.push_back({documents[i].row, score});
  }
  std::sort(hits.begin(), hits.end(), [](const TextHit& a, const TextHit& b) {
    return a.score > b.score + 1e-9 || (std::abs(a.score - b.score) <= 1e-9 && a.row < b.row);
  });
  if (hits.size() > k) hits.resize(k);
  return hits;
}

std::vector<TextHit> Score(const std::vector<Owned>& documents, std::string_view query, size_t k = 100,
                           const Bm25Options& options = {}) {
  TextScorer scorer(*ParseTextQuery(query), options);
  scorer.AddBatch(Views(documents));
  EXPECT_LE(scorer.documents(), documents.size());
  return scorer.Finish(k);
}

std::vector<uint64_t> Rows(const std::vector<Owned>& documents, std::string_view query) {
  std::vector<uint64_t> rows;
  for (const TextHit& hit : Score(documents, query)) rows.push_back(hit.row);
  std::sort(rows.begin(), rows.end());
  return rows;
}

const std::vector<std::string> kVocabulary = {
    "the",   "of",   "read", "file",  "readFile", "read_file", "parse", "HTTPHeader", "http", "header", "open", "close",
    "Größe", "全文", "検索", "index", "utf8",     "x",         "_y",    "naïve",      "42",   "value",  "a",    "b"};

std::string RandomText(std::mt19937& random, size_t words) {
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    const size_t pick = std::min(random() % kVocabulary.size(), random() % kVocabulary.size());
    text += kVocabulary[pick] + (random() % 4 == 0 ? ".\n" : " ");
  }
  return text;
}

std::vector<Owned> RandomDocuments(std::mt19937& random, size_t count) {
  std::vector<Owned> documents;
  for (size_t i = 0; i < count; ++i) {
    documents.push_back({i * 3, RandomText(random, random() % 60), RandomText(random, random() % 3),
                         "src/" + kVocabulary[i / 4 % kVocabulary.size()] + ".cc", random() % 5 != 0});
  }
  return documents;
}

void ExpectNear(const std::vector<TextHit>& got, const std::vector<TextHit>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].row, expected[i].row) << i;
    EXPECT_NEAR(got[i].score, expected[i].score, 1e-9) << i;
  }
}

TEST(Bm25, EqualsTheFormula) {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    const auto documents = RandomDocuments(random, 1 + random() % 80);
    Bm25Options options;
    if (round % 3 == 1) options = {.k1 = 0.9, .b = 0.4, .name_boost = 3, .path_boost = 0};
    if (round % 3 == 2) options = {.k1 = 2, .b = 1, .name_boost = 0, .path_boost = 2};
    const std::string query = RandomText(random, 1 + random() % 6);
    for (size_t k : {1u, 10u, 1000u}) {
      ExpectNear(Score(documents, query, k, options), Naive(documents, query, options, k));
    }
  }
}

TEST(Bm25, BatchesAndThreadsChangeNothing) {
  std::mt19937 random(6);
  const auto documents = RandomDocuments(random, 500);
  const auto views = Views(documents);
  const auto expected = Score(documents, "read the file header", 50);
  for (size_t batch : {1u, 7u, 100u}) {
    TextScorer scorer(*ParseTextQuery("read the file header"));
    std::vector<std::thread> threads;
    for (size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (size_t at = t * batch; at < views.size(); at += 4 * batch) {
          scorer.AddBatch(std::span(views).subspan(at, std::min(batch, views.size() - at)));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(scorer.Finish(50), expected);
    EXPECT_EQ(scorer.Finish(3), std::vector<TextHit>(expected.begin(), expected.begin() + 3));
  }
}

TEST(Bm25, AFilterChangesNoScore) {
  std::vector<Owned> documents = {{0, "alpha beta", "", ""}, {1, "alpha", "", ""}, {2, "gamma", "", ""}};
  const auto all = Score(documents, "alpha");
  documents[1].wanted = false;
  const auto some = Score(documents, "alpha");
  ASSERT_EQ(all.size(), 2u);
  ASSERT_EQ(some.size(), 1u);
  EXPECT_EQ(some[0], all[1]);
}

TEST(Bm25, PhrasesAndSigns) {
  const std::vector<Owned> documents = {
      {0, "open the file and read", "", ""},
      {1, "read the open file", "", ""},
      {2, "openFile()", "", ""},
      {3, "open_file(path) # test", "", ""},
      {4, "a file", "openFile", ""},
      {5, "file", "", "src/test/open/file.cc"},
      {6, "open file openfile open", "", ""},
      {7, "全文検索", "", ""},
  };
  EXPECT_THAT(Rows(documents, "\"open file\""), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Rows(documents, "openFile -openFile"), ElementsAre(0));
  EXPECT_THAT(Rows(documents, "file -test"), ElementsAre(0, 1, 2, 4, 6));
  EXPECT_THAT(Rows(documents, "file +read"), ElementsAre(0, 1));
  EXPECT_THAT(Rows(documents, "file -\"the file\""), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Rows(documents, "+openfile"), ElementsAre(2, 3, 4, 6));
  EXPECT_THAT(Rows(documents, "\"文検\""), ElementsAre(7));
  EXPECT_THAT(Rows(documents, "\"検文\""), IsEmpty());
  EXPECT_THAT(Rows(documents, "-file"), IsEmpty());  // nothing asked for
}

TEST(Bm25, APhraseThatBeginsAgainInsideItself) {
  const std::vector<Owned> documents = {{0, "a b a b a c", "", ""}, {1, "a a a b", "", ""}, {2, "a b a c", "", ""}};
  EXPECT_THAT(Rows(documents, "\"a b a b a c\""), ElementsAre(0));
  EXPECT_THAT(Rows(documents, "\"a b a c\""), ElementsAre(0, 2));
  EXPECT_THAT(Rows(documents, "\"a a b\""), ElementsAre(1));
}

TEST(Bm25, NothingToCount) {
  EXPECT_THAT(Score({}, "word"), IsEmpty());
  EXPECT_THAT(Score({{1, "", "", ""}}, "word"), IsEmpty());
  EXPECT_THAT(Score({{1, "word", "", ""}}, ""), IsEmpty());
  EXPECT_THAT(Score({{1, "word", "", ""}}, "word", 0), IsEmpty());
}

TEST(Bm25, EqualScoresByRow) {
  const std::vector<Owned> documents = {{9, "same", "", ""}, {2, "same", "", ""}, {5, "same", "", ""}};
  const auto hits = Score(documents, "same", 2);
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits[0].row, 2u);
  EXPECT_EQ(hits[1].row, 5u);
}

}  // namespace
}  // namespace squire::text
