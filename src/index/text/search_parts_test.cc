#include "index/text/search_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace squire::text {
namespace {

/// Words of three letters of a few: common and rare ones, many of them alike.
std::string RandomWord(std::mt19937& random) {
  const auto letter = [&] {
    const double place = std::generate_canonical<double, 20>(random);
    return static_cast<char>('a' + static_cast<int>(6 * place * place));
  };
  std::string word;
  for (size_t i = 0, size = 2 + random() % 2; i < size; i++) word += letter();
  return word;
}

struct Document {
  uint64_t row = 0;
  std::string text;
  std::vector<std::pair<std::string, uint32_t>> words;  // and where they stand
};

class Corpus {
 public:
  Corpus(std::span<const size_t> sizes, bool with_positions, uint32_t seed) {
    std::mt19937 random(seed);
    for (const size_t size : sizes) {
      PartBuilder builder(with_positions);
      for (size_t i = 0; i < size; i++) {
        Document document{documents_.size() * 3, {}, {}};
        for (size_t words = random() % 30; words > 0; words--) {
          document.text += RandomWord(random);
          document.text += random() % 8 == 0 ? "_" : " ";
        }
        analyzer().ForEach(document.text, [&](std::string_view word, uint32_t position) {
          builder.AddWord(word, position);
          document.words.emplace_back(word, position);
        });
        builder.EndDocument(document.row);
        documents_.push_back(std::move(document));
      }
      parts_.push_back(std::make_shared<const SearchedPart>(TextPart::Make(builder.Finish()), cache_));
    }
  }

  static const Analyzer& analyzer() { return *Analyzer::ForCode(); }
  [[nodiscard]] const std::vector<Document>& documents() const { return documents_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const SearchedPart>>& parts() const { return parts_; }

 private:
  std::shared_ptr<ListCache> cache_ = std::make_shared<ListCache>(100'000);  // lists come and go
  std::vector<Document> documents_;
  std::vector<std::shared_ptr<const SearchedPart>> parts_;
};

using Wanted = std::function<bool(uint64_t row)>;

/// Every document by itself, as docs/text_search.md says.
class PlainLoop {
 public:
  PlainLoop(const Corpus& corpus, const TextQuery& query, const Bm25Options& options)
      : corpus_(corpus), query_(query), options_(options) {
    for (const Document& document : corpus.documents()) {
      mean_ += static_cast<double>(document.words.size()) / static_cast<double>(corpus.documents().size());
      for (size_t i = 0; i < query.words.size(); i++) {
        if (Count(document, i, false) > 0) df_[{i, false}]++;
        if (Count(document, i, true) > 0) df_[{i, true}]++;
      }
    }
  }

  [[nodiscard]] std::vector<TextHit> Search(size_t limit, const Wanted& is_wanted) const {
    std::vector<TextHit> hits;
    for (const Document& document : corpus_.documents()) {
      auto weights = query_.weights;
      for (const TextClause& clause : query_.clauses) {
        if (!clause.optional || !Holds(document, clause)) continue;
        for (const TextClause::Gain& gain : clause.gains) weights[gain.word] += gain.weight;
      }
      double score = 0;
      for (size_t i = 0; i < query_.words.size(); i++) {
        score += weights[i] * Score(document, i, false);
        if (query_.patterns[i].kind == WordPattern::Kind::kLike) score += weights[i] * Score(document, i, true);
      }
      const bool holds = std::ranges::all_of(query_.clauses, [&](const TextClause& clause) {
        return clause.optional || Holds(document, clause) != clause.excluded;
      });
      if (score > 0 && holds && (!is_wanted || is_wanted(document.row))) hits.push_back({document.row, score});
    }
    std::ranges::stable_sort(hits, std::greater(), &TextHit::score);
    if (hits.size() > limit) hits.resize(limit);
    return hits;
  }

 private:
  [[nodiscard]] uint32_t Count(const Document& document, size_t word, bool exactly) const {
    return static_cast<uint32_t>(std::ranges::count_if(document.words, [&](const auto& one) {
      return exactly ? one.first == query_.words[word] : Matches(query_.patterns[word], query_.words[word], one.first);
    }));
  }

  [[nodiscard]] double Score(const Document& document, size_t word, bool exactly) const {
    const double tf = Count(document, word, exactly);
    if (tf == 0) return 0;
    const double idf = InverseDocumentFrequency(corpus_.documents().size(), df_.at({word, exactly}));
    const double norm = 1 - options_.b + options_.b * static_cast<double>(document.words.size()) / mean_;
    return idf * tf * (options_.k1 + 1) / (tf + options_.k1 * norm);
  }

  [[nodiscard]] bool Holds(const Document& document, const TextClause& clause) const {
    const auto held =
        std::ranges::count_if(clause.words, [&](uint16_t word) { return Count(document, word, false) > 0; });
    if (clause.kind == TextClause::Kind::kAnyOf) return held > 0;
    if (held < static_cast<ptrdiff_t>(clause.words.size())) return false;
    if (clause.kind == TextClause::Kind::kAllOf || clause.words.size() == 1) return true;
    std::set<std::pair<std::string, uint32_t>> places(document.words.begin(), document.words.end());
    return std::ranges::any_of(document.words, [&](const auto& first) {
      for (size_t i = 0; i < clause.words.size(); i++)
        if (!places.contains({query_.words[clause.words[i]], first.second + clause.offsets[i]})) return false;
      return true;
    });
  }

  const Corpus& corpus_;
  const TextQuery& query_;
  Bm25Options options_;
  double mean_ = 0;
  std::map<std::pair<size_t, bool>, uint64_t> df_;
};

void ExpectSame(const Corpus& corpus, const std::string& text, const TextQuery& query, const Bm25Options& options,
                size_t limit, const Wanted& is_wanted) {
  PartsSearch search;
  search.query = &query;
  search.parts = corpus.parts();
  search.options = options;
  search.limit = limit;
  if (is_wanted) search.is_wanted = [&](size_t, uint64_t row) { return is_wanted(row); };
  search.holds = [&](uint64_t row, const TextClause& clause) -> Result<bool> {
    const Document& document = corpus.documents()[row / 3];
    TextQuery alone = query;
    for (double& weight : alone.weights) weight = 1;
    alone.clauses = {clause};
    alone.clauses[0].excluded = alone.clauses[0].optional = false;
    for (const TextHit& hit : PlainLoop(corpus, alone, {}).Search(SIZE_MAX, {}))
      if (hit.row == document.row) return true;
    return false;
  };
  const auto found = SearchParts(search);
  ASSERT_TRUE(found) << found.error().ToString();
  const auto expected = PlainLoop(corpus, query, options).Search(limit, is_wanted);
  ASSERT_EQ(found->size(), expected.size()) << text;
  for (size_t i = 0; i < expected.size(); i++) {
    ASSERT_NEAR((*found)[i].score, expected[i].score, 1e-4 * (1 + expected[i].score)) << text << " " << i;
    if (i > 0 && (*found)[i].score == (*found)[i - 1].score) {
      EXPECT_GT((*found)[i].row, (*found)[i - 1].row);
    }
  }
}

std::string RandomQuery(std::mt19937& random) {
  std::string text;
  for (size_t i = 0, items = 1 + random() % 4; i < items; i++) {
    std::string word = RandomWord(random);
    if (!text.empty()) text += " ";
    switch (random() % 12) {
      case 0: text += "+" + word; break;
      case 1: text += "-" + word; break;
      case 2: text += "\"" + word + " " + RandomWord(random) + "\""; break;
      case 3: text += "-\"" + word + " " + RandomWord(random) + "\""; break;
      case 4: text += word + "*"; break;
      case 5: text += word + "~1"; break;
      case 6: text += "+" + word + "*^2"; break;
      case 7: text += word + "_" + RandomWord(random); break;
      case 8: text += word + " AND " + RandomWord(random); break;
      default: text += word; break;
    }
  }
  return text;
}

TEST(SearchPartsTest, FindsWhatAPlainLoopFinds) {
  for (const bool with_positions : {true, false}) {
    const Corpus corpus(std::vector<size_t>{300, 1, 40, 0, 7}, with_positions, 11);
    std::mt19937 random(12);
    for (int i = 0; i < 150; i++) {
      const std::string text = RandomQuery(random);
      const auto conditions = *ParseConditions(text, {});
      const auto query = *CompileTextQuery(conditions, Corpus::analyzer());
      Bm25Options options;
      if (i % 5 == 0) options = {.k1 = 0.4, .b = 0.3};
      if (i % 7 == 0) options = {.k1 = 0, .b = 0};
      const Wanted is_wanted = i % 3 == 0 ? Wanted([](uint64_t row) { return row % 2 == 0; }) : Wanted();
      ASSERT_NO_FATAL_FAILURE(ExpectSame(corpus, text, query, options, 1 + random() % 20, is_wanted));
    }
  }
}

TEST(SearchPartsTest, ConditionsOfWordsTogether) {
  const Corpus with_positions(std::vector<size_t>{200, 60}, true, 13), without(std::vector<size_t>{200, 60}, false, 13);
  std::mt19937 random(14);
  for (int i = 0; i < 100; i++) {
    const Corpus& corpus = i % 3 == 0 ? without : with_positions;
    std::vector<TextCondition> conditions(1 + random() % 4);
    for (TextCondition& one : conditions) {
      one.text = RandomWord(random) + " " + RandomWord(random);
      one.role = std::array{TextCondition::Role::kShould, TextCondition::Role::kMust,
                            TextCondition::Role::kMustNot}[random() % 3];
      one.all_words = random() % 2 == 0;
      if (random() % 3 == 0) one.kind = TextCondition::Kind::kPhrase;
      one.boost = 1 + static_cast<double>(random() % 3);
      if (random() % 4 == 0) one.edits = 1;
    }
    const auto query = *CompileTextQuery(conditions, Corpus::analyzer());
    ASSERT_NO_FATAL_FAILURE(ExpectSame(corpus, std::to_string(i), query, {}, 1 + random() % 20, {}));
  }
}

TEST(SearchPartsTest, RowsThatAreAddedChangeNoBound) {
  // The mean length goes from 15 to 3 words and back while lists stay parsed.
  const Corpus corpus(std::vector<size_t>{2000}, true, 15);
  PartBuilder builder;
  for (uint64_t i = 0; i < 4000; i++) {
    if (i % 2 == 0) builder.AddWord("aa", 0);
    builder.EndDocument(1'000'000 + i);
  }
  auto parts = corpus.parts();
  parts.push_back(
      std::make_shared<const SearchedPart>(TextPart::Make(builder.Finish()), std::make_shared<ListCache>(1 << 20)));
  const auto query = *ParseTextQuery("aa ba ab");
  PartsSearch search;
  search.query = &query;
  std::vector<TextHit> first;
  for (int i = 0; i < 4; i++) {
    search.parts = i % 2 == 0 ? std::span(corpus.parts()) : std::span(std::as_const(parts));
    const auto found = *SearchParts(search);
    ASSERT_EQ(found.size(), 10u);
    if (i == 0) first = found;
    if (i == 2) {
      EXPECT_EQ(found, first);
    }
  }
  const auto expected = PlainLoop(corpus, query, {}).Search(10, {});
  for (size_t i = 0; i < first.size(); i++) EXPECT_NEAR(first[i].score, expected[i].score, 1e-4);
}

TEST(SearchPartsTest, NothingToFind) {
  const Corpus corpus(std::vector<size_t>{50}, true, 16);
  for (const char* text : {"", "-aa", "zzzz", "+zzzz aa", "zzzz*", "\"\"", "-aa -bb"}) {
    const auto query = *ParseTextQuery(text);
    PartsSearch search;
    search.query = &query;
    search.parts = corpus.parts();
    EXPECT_TRUE(SearchParts(search)->empty()) << text;
    search.parts = {};
    EXPECT_TRUE(SearchParts(search)->empty()) << text;
  }
}

}  // namespace
}  // namespace squire::text
