#include "index/text/top_documents.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "index/text/part_builder.h"

namespace squire::text {
namespace {

constexpr uint32_t kWords = 600;

/// Words "w0", "w1" ... of which the later ones are the rarer: most documents hold the first, one in a hundred the
/// last.
std::string RandomText(std::mt19937& random) {
  std::string text;
  for (size_t i = 0, words = 1 + random() % 40; i < words; i++) {
    const double place = std::generate_canonical<double, 20>(random);
    text += "w" + std::to_string(static_cast<int>(kWords * std::pow(place, 5))) + " ";
  }
  return text;
}

class Corpus {
 public:
  explicit Corpus(size_t documents) {
    std::mt19937 random(5);
    PartBuilder builder;
    for (size_t i = 0; i < documents; i++) {
      builder.AddText(RandomText(random));
      builder.EndDocument(i);
    }
    part_ = builder.Finish();
    double words = 0;
    for (const uint32_t length : part_.lengths) words += length;
    norms_ = std::make_unique<DocumentNorms>(part_.lengths, words / static_cast<double>(documents));
    for (size_t i = 0; i < part_.num_words(); i++) {
      const auto bytes = static_cast<ptrdiff_t>(i == 0 ? 0 : part_.word_byte_ends[i - 1]);
      const auto ends = static_cast<ptrdiff_t>(i == 0 ? 0 : part_.word_block_ends[i - 1]);
      auto list = PostingList::Parse(
          {part_.blocks.begin() + bytes, part_.blocks.begin() + static_cast<ptrdiff_t>(part_.word_byte_ends[i])},
          {part_.block_ends.begin() + ends,
           part_.block_ends.begin() + static_cast<ptrdiff_t>(part_.word_block_ends[i])},
          part_.counts[i], *norms_);
      EXPECT_TRUE(list) << list.error().ToString();
      lists_[std::string(part_.word(i))] = *std::move(list);
    }
  }

  [[nodiscard]] const IndexPart& part() const { return part_; }
  [[nodiscard]] const DocumentNorms& norms() const { return *norms_; }

  [[nodiscard]] QueryTerm Term(const std::string& word, bool is_required, bool is_excluded) const {
    const auto found = lists_.find(word);
    if (found == lists_.end()) return {nullptr, 1, is_required, is_excluded};
    const double idf = InverseDocumentFrequency(norms_->size(), found->second->count());
    return {found->second.get(), static_cast<float>(idf), is_required, is_excluded};
  }

 private:
  IndexPart part_;
  std::unique_ptr<DocumentNorms> norms_;
  std::map<std::string, std::shared_ptr<const PostingList>> lists_;
};

/// By looking at every posting.
std::vector<FoundDocument> SearchAll(const PartSearch& search, size_t k) {
  std::map<uint32_t, double> scores;
  std::map<uint32_t, size_t> held;
  std::set<uint32_t> excluded;
  size_t required = 0;
  for (const QueryTerm& term : search.terms) {
    if (term.is_required) required++;
    if (term.postings == nullptr) continue;
    term.postings->ForEachDocument([&](uint32_t document, uint32_t frequency) {
      if (term.is_excluded) {
        excluded.insert(document);
        return;
      }
      scores[document] += term.weight * search.norms->Share(document, frequency);
      if (term.is_required) held[document]++;
    });
  }
  std::vector<FoundDocument> found;
  for (const auto& [document, score] : scores) {
    if (excluded.contains(document) || held[document] != required) continue;
    if (!search.is_wanted || search.is_wanted(document))
      found.push_back({search.part, document, static_cast<float>(score)});
  }
  std::ranges::stable_sort(found, std::greater(), &FoundDocument::score);
  if (found.size() > k) found.resize(k);
  return found;
}

void ExpectSame(const PartSearch& search, size_t k) {
  TopDocuments top(k);
  SearchRoom room;
  SearchPart(search, room, top);
  const auto found = top.Take(), expected = SearchAll(search, k);
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); i++) ASSERT_NEAR(found[i].score, expected[i].score, 1e-4) << i;
  for (size_t i = 1; i < found.size(); i++)
    if (found[i].score == found[i - 1].score) {
      EXPECT_GT(found[i].document, found[i - 1].document);
    }
}

TEST(TopDocumentsTest, AreThoseOfAllPostings) {
  const Corpus corpus(6000);
  std::mt19937 random(6);
  for (int i = 0; i < 400; i++) {
    std::vector<QueryTerm> terms;
    const size_t count = 1 + random() % 8;
    for (size_t word = 0; word < count; word++) {
      // One that nobody has, too.
      const std::string text = "w" + std::to_string(random() % (random() % 2 == 0 ? 10 : kWords + 10));
      const uint32_t kind = i % 2 == 0 ? 0 : random() % 4;
      terms.push_back(corpus.Term(text, kind == 1, kind == 2 && word > 0));
    }
    PartSearch search{0, &corpus.norms(), corpus.part().rows, terms, {}};
    if (i % 3 == 0) search.is_wanted = [](uint32_t document) { return document % 3 == 0; };
    ExpectSame(search, 1 + random() % 30);
  }
}

TEST(PartBuilderTest, CountsWordsOfDocuments) {
  PartBuilder builder;
  builder.AddText("parseHttpHeader parse", 2);
  builder.AddText("header");
  builder.EndDocument(7);
  EXPECT_FALSE(builder.has_words());
  builder.EndDocument(9);  // an empty one
  const IndexPart part = builder.Finish();
  EXPECT_EQ(part.rows, (std::vector<uint64_t>{7, 9}));
  EXPECT_EQ(part.lengths, (std::vector<uint32_t>{11, 0}));
  std::vector<std::string> words;
  for (size_t i = 0; i < part.num_words(); i++) words.emplace_back(part.word(i));
  EXPECT_EQ(words, (std::vector<std::string>{"header", "http", "parse", "parsehttpheader"}));
  PostingBlock block;
  ASSERT_TRUE(DecodeBlock(Bytes(part.blocks).first(part.word_byte_ends[0]), 1, 2, block));
  EXPECT_EQ(block.frequencies[0], 3u) << "twice as a part, once alone";
  EXPECT_EQ(builder.Finish().num_words(), 0u);
}

TEST(PostingListTest, RefusesBlocksThatDoNotHoldWhatIsSaid) {
  const Corpus corpus(300);
  const IndexPart& part = corpus.part();
  const auto first = [&](uint32_t count) {
    return PostingList::Parse(
        {part.blocks.begin(), part.blocks.begin() + static_cast<ptrdiff_t>(part.word_byte_ends[0])},
        {part.block_ends.begin(), part.block_ends.begin() + static_cast<ptrdiff_t>(part.word_block_ends[0])}, count,
        corpus.norms());
  };
  EXPECT_TRUE(first(part.counts[0]));
  for (const uint32_t count : {0u, part.counts[0] - 1, part.counts[0] + 1, part.counts[0] + 128})
    EXPECT_EQ(first(count).error().code, Code::kCorruption) << count;
}

}  // namespace
}  // namespace squire::text
