#include "index/text/part_builder.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "index/text/posting_codec.h"
#include "index/text/words.h"

namespace squire::text {
namespace {

constexpr size_t kSlotsMin = 1 << 12;

uint32_t HashOf(std::string_view word) { return static_cast<uint32_t>(XXH3_64bits(word.data(), word.size())); }

}  // namespace

PartBuilder::PartBuilder() : slots_(kSlotsMin) {}

void PartBuilder::GrowSlots() {
  std::vector<uint32_t> slots(slots_.size() * 2);
  const size_t mask = slots.size() - 1;
  for (uint32_t number = 0; number < hashes_.size(); number++) {
    size_t at = hashes_[number] & mask;
    while (slots[at] != 0) at = (at + 1) & mask;
    slots[at] = number + 1;
  }
  slots_ = std::move(slots);
}

uint32_t PartBuilder::NumberOf(std::string_view word) {
  const uint32_t hash = HashOf(word);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    const uint32_t number = slots_[at] - 1;
    if (hashes_[number] == hash && WordAt(number) == word) return number;
  }
  const auto number = static_cast<uint32_t>(ends_.size());
  slots_[at] = number + 1;
  hashes_.push_back(hash);
  bytes_ += word;
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  frequencies_.push_back(0);
  if (ends_.size() * 2 > slots_.size()) GrowSlots();
  return number;
}

void PartBuilder::AddText(std::string_view text, uint32_t boost) {
  ForEachWord(text, [&](std::string_view word, WordKind) {
    const uint32_t number = NumberOf(word);
    if (frequencies_[number] == 0) touched_.push_back(number);
    frequencies_[number] += boost;
    length_ += boost;
  });
}

void PartBuilder::EndDocument(uint64_t row) {
  const auto document = static_cast<uint32_t>(rows_.size());
  for (const uint32_t number : touched_) {
    postings_.push_back({number, document, frequencies_[number]});
    frequencies_[number] = 0;
  }
  touched_.clear();
  rows_.push_back(row);
  lengths_.push_back(static_cast<uint32_t>(std::min<uint64_t>(length_, std::numeric_limits<uint32_t>::max())));
  length_ = 0;
}

size_t PartBuilder::size_bytes() const {
  return postings_.size() * sizeof(Posting) * 2 + bytes_.size() + ends_.size() * 16 + slots_.size() * 4 +
         rows_.size() * 12;
}

IndexPart PartBuilder::Finish() {
  IndexPart part;
  const size_t num_words = ends_.size();
  std::vector<uint32_t> order(num_words);  // words by their bytes
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](uint32_t number) { return WordAt(number); });

  // Counting sort by word; documents stay in order.
  std::vector<uint64_t> begins(num_words + 1);
  for (const Posting& posting : postings_) begins[posting.word + 1]++;
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<uint32_t> documents(postings_.size()), frequencies(postings_.size());
  std::vector<uint64_t> next(begins.begin(), begins.end() - 1);
  for (const Posting& posting : postings_) {
    const uint64_t at = next[posting.word]++;
    documents[at] = posting.document;
    frequencies[at] = posting.frequency;
  }
  postings_ = {};

  part.rows = std::move(rows_);
  part.lengths = std::move(lengths_);
  const double words = std::accumulate(part.lengths.begin(), part.lengths.end(), 0.0);
  const DocumentNorms norms(part.lengths, words / static_cast<double>(std::max<size_t>(1, part.rows.size())));
  for (const uint32_t number : order) {
    const uint64_t begin = begins[number], end = begins[number + 1];
    const auto weight =
        static_cast<float>(InverseDocumentFrequency(part.rows.size(), end - begin) * (Bm25Options().k1 + 1));
    float score_max = 0;
    const size_t first_byte = part.blocks.size();
    for (uint64_t at = begin; at < end; at += kBlockDocuments) {
      const size_t in_block = std::min<uint64_t>(kBlockDocuments, end - at);
      float block_max = 0;
      for (uint64_t i = at; i < at + in_block; i++)
        block_max = std::max(block_max, weight * norms.Share(documents[i], frequencies[i]));
      score_max = std::max(score_max, block_max);
      EncodeBlock(std::span(documents).subspan(at, in_block), std::span(frequencies).subspan(at, in_block), block_max,
                  part.blocks);
      part.block_ends.push_back(static_cast<uint32_t>(part.blocks.size() - first_byte));
    }
    part.word_bytes += WordAt(number);
    part.word_ends.push_back(static_cast<uint32_t>(part.word_bytes.size()));
    part.counts.push_back(static_cast<uint32_t>(end - begin));
    part.scores_max.push_back(score_max);
    part.word_block_ends.push_back(part.block_ends.size());
    part.word_byte_ends.push_back(part.blocks.size());
  }
  *this = PartBuilder();
  return part;
}

}  // namespace squire::text
