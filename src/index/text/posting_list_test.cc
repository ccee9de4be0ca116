#include "index/text/posting_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "index/text/list_reader.h"

namespace squire::text {
namespace {

struct Written {
  std::vector<uint32_t> documents, frequencies, positions;

  [[nodiscard]] WordPostings Encode() const {
    WordPostings out;
    size_t position = 0;
    for (size_t at = 0; at < documents.size(); at += kBlockDocuments) {
      const size_t count = std::min(kBlockDocuments, documents.size() - at);
      const auto counts = std::span(frequencies).subspan(at, count);
      EncodeBlock(std::span(documents).subspan(at, count), counts, 0, out.blocks);
      out.block_ends.push_back(static_cast<uint32_t>(out.blocks.size()));
      size_t sum = 0;
      for (const uint32_t frequency : counts) sum += frequency;
      EncodePositions(std::span(positions).subspan(position, sum), counts, out.positions);
      out.position_ends.push_back(static_cast<uint32_t>(out.positions.size()));
      position += sum;
    }
    out.count = static_cast<uint32_t>(documents.size());
    return out;
  }
};

/// Of every `step` documents about one.
Written MakeList(uint32_t num_documents, uint32_t step, uint32_t position_step) {
  std::mt19937 random(num_documents + step);
  Written out;
  for (uint32_t i = 0; i < num_documents; i++) {
    if (random() % step != 0 && i + 1 != num_documents) continue;
    out.documents.push_back(i);
    out.frequencies.push_back(random() % 50 == 0 ? 250 + random() % 20 : 1 + random() % 4);
    uint32_t position = random() % position_step;
    for (uint32_t n = out.frequencies.back(); n > 0; n--, position += random() % position_step)
      out.positions.push_back(position);
  }
  return out;
}

TEST(PostingListTest, FindsWhatWasWritten) {
  for (const uint32_t num_documents : {1u, 100u, 1024u, 5000u}) {
    const DocumentNorms norms(std::vector<uint32_t>(num_documents, 10), 10);
    for (const uint32_t step : {1u, 3u, 15u, 40u, 1000u}) {
      const Written written = MakeList(num_documents, step, step == 3 ? 5000 : 20);
      auto list = PostingList::Parse(written.Encode(), norms);
      ASSERT_TRUE(list) << list.error().ToString();
      std::vector<uint32_t> documents, frequencies;
      (*list)->ForEachDocument([&](uint32_t document, uint32_t frequency) {
        documents.push_back(document);
        frequencies.push_back(frequency);
      });
      ASSERT_EQ(documents, written.documents) << num_documents << " " << step;
      ASSERT_EQ(frequencies, written.frequencies);
      ListReader reader(**list);
      size_t posting = 0, position = 0;
      for (uint32_t document = 0; document < num_documents; document++) {
        const bool is_held = posting < documents.size() && documents[posting] == document;
        ASSERT_EQ(reader.Find(document), is_held) << document;
        if (!is_held) continue;
        ASSERT_EQ(reader.frequency(), frequencies[posting]);
        const auto wanted = std::span(written.positions).subspan(position, frequencies[posting]);
        const Places places = reader.places();
        ASSERT_EQ(places.count, wanted.size());
        for (uint32_t i = 0; i < places.count; i++) ASSERT_EQ(places[i], wanted[i]) << document;
        for (const uint32_t place : {0u, wanted[0], wanted.back() + 1, wanted[wanted.size() / 2], 9u})
          ASSERT_EQ(places.Contain(place), std::ranges::find(wanted, place) != wanted.end());
        position += frequencies[posting++];
      }
    }
  }
}

TEST(PostingListTest, KnowsThePartsOfWindows) {
  const uint32_t num_documents = 5000;
  const DocumentNorms norms(std::vector<uint32_t>(num_documents, 10), 10);
  for (const uint32_t step : {2u, 2000u}) {
    const Written written = MakeList(num_documents, step, 20);
    const auto list = *PostingList::Parse(written.Encode(), norms);
    EXPECT_EQ(list->is_dense(), step == 2);
    uint32_t count = 0;
    for (uint32_t window = 0; window <= num_documents >> list->window_bits(); window++) {
      const auto is_inside = [&](uint32_t document) { return document >> list->window_bits() == window; };
      const auto held = std::ranges::count_if(written.documents, is_inside);
      const PostingList::Part* part = list->FindPart(window);
      ASSERT_EQ(part != nullptr, held > 0);
      if (part == nullptr) continue;
      EXPECT_EQ(part->first, count);
      EXPECT_EQ(PostingList::CountOf(*part), held);
      count += PostingList::CountOf(*part);
      float share_max = 0;
      list->ForEach(*part, [&](uint32_t local, uint32_t frequency) {
        share_max = std::max(share_max, norms.Share((window << list->window_bits()) + local, frequency));
      });
      EXPECT_EQ(part->share_max, share_max);
    }
  }
}

TEST(PostingListTest, RefusesPositionsThatDoNotFit) {
  const DocumentNorms norms(std::vector<uint32_t>(1000, 10), 10);
  const WordPostings right = MakeList(1000, 2, 20).Encode();
  ASSERT_TRUE(PostingList::Parse(right, norms));
  const auto expect_refused = [&](auto change) {
    WordPostings wrong = right;
    change(wrong);
    EXPECT_EQ(PostingList::Parse(wrong, norms).error().code, Code::kCorruption);
  };
  expect_refused([](WordPostings& one) { one.positions.pop_back(); });
  expect_refused([](WordPostings& one) { one.position_ends.pop_back(); });
  expect_refused([](WordPostings& one) { std::swap(one.position_ends[0], one.position_ends[1]); });
  expect_refused([](WordPostings& one) { one.position_ends[0]--; });
}

}  // namespace
}  // namespace squire::text
