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

PartBuilder::PartBuilder(bool with_positions) : slots_(kSlotsMin), with_positions_(with_positions) {}

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

void PartBuilder::AddWord(std::string_view word, uint32_t position, uint32_t boost) {
  const uint32_t number = NumberOf(word);
  if (frequencies_[number] == 0) touched_.push_back(number);
  frequencies_[number] += boost;
  length_ += boost;
  if (with_positions_) places_.insert(places_.end(), boost, {number, position});
}

void PartBuilder::AddText(std::string_view text, uint32_t boost) {
  ForEachWord(text, [&](std::string_view word, WordKind) { AddWord(word, 0, boost); });
}

void PartBuilder::GatherPositions() {
  offsets_.resize(frequencies_.size());
  auto next = static_cast<uint32_t>(positions_.size());
  for (const uint32_t number : touched_) {
    offsets_[number] = next;
    next += frequencies_[number];
  }
  positions_.resize(next);
  for (const auto& [number, position] : places_) positions_[offsets_[number]++] = position;
  places_.clear();
}

void PartBuilder::EndDocument(uint64_t row) {
  if (with_positions_) GatherPositions();
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
  return postings_.size() * sizeof(Posting) * 2 + positions_.size() * 2 * sizeof(uint32_t) + bytes_.size() +
         ends_.size() * 16 + slots_.size() * 4 + rows_.size() * 12;
}

/// Postings by word, documents in order.
struct PartBuilder::Sorted {
  std::vector<uint64_t> begins;  // by word, and the end of all
  std::vector<uint32_t> documents, frequencies, positions;
  std::vector<uint64_t> position_begins;  // by word
};

PartBuilder::Sorted PartBuilder::SortPostings() {
  const size_t num_words = ends_.size();
  Sorted out;
  out.begins.resize(num_words + 1);
  for (const Posting& posting : postings_) out.begins[posting.word + 1]++;
  std::partial_sum(out.begins.begin(), out.begins.end(), out.begins.begin());
  out.documents.resize(postings_.size());
  out.frequencies.resize(postings_.size());
  std::vector<uint64_t> next(out.begins.begin(), out.begins.end() - 1);
  for (const Posting& posting : postings_) {
    const uint64_t at = next[posting.word]++;
    out.documents[at] = posting.document;
    out.frequencies[at] = posting.frequency;
  }
  if (with_positions_) {
    out.position_begins.resize(num_words + 1);
    for (const Posting& posting : postings_) out.position_begins[posting.word + 1] += posting.frequency;
    std::partial_sum(out.position_begins.begin(), out.position_begins.end(), out.position_begins.begin());
    next.assign(out.position_begins.begin(), out.position_begins.end() - 1);
    out.positions.resize(positions_.size());
    const uint32_t* from = positions_.data();
    for (const Posting& posting : postings_) {
      std::copy_n(from, posting.frequency, out.positions.begin() + static_cast<ptrdiff_t>(next[posting.word]));
      next[posting.word] += posting.frequency;
      from += posting.frequency;
    }
  }
  postings_ = {};
  positions_ = {};
  return out;
}

IndexPart PartBuilder::Finish() {
  std::vector<uint32_t> order(ends_.size());  // words by their bytes
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](uint32_t number) { return WordAt(number); });
  const Sorted sorted = SortPostings();
  IndexPart part;
  part.rows = std::move(rows_);
  part.lengths = std::move(lengths_);
  part.has_positions = with_positions_;
  const double words = std::accumulate(part.lengths.begin(), part.lengths.end(), 0.0);
  const DocumentNorms norms(part.lengths, words / static_cast<double>(std::max<size_t>(1, part.rows.size())));
  WordEncoder encoder(part, norms);
  for (const uint32_t number : order) {
    const uint64_t begin = sorted.begins[number], count = sorted.begins[number + 1] - begin;
    std::span<const uint32_t> positions;
    if (with_positions_)
      positions = std::span(sorted.positions)
                      .subspan(sorted.position_begins[number],
                               sorted.position_begins[number + 1] - sorted.position_begins[number]);
    encoder.Add(WordAt(number), std::span(sorted.documents).subspan(begin, count),
                std::span(sorted.frequencies).subspan(begin, count), positions);
  }
  *this = PartBuilder(with_positions_);
  return part;
}

WordEncoder::WordEncoder(IndexPart& part, const DocumentNorms& norms) : part_(part), norms_(norms) {}

void WordEncoder::Add(std::string_view word, std::span<const uint32_t> documents, std::span<const uint32_t> frequencies,
                      std::span<const uint32_t> positions) {
  const auto weight =
      static_cast<float>(InverseDocumentFrequency(norms_.size(), documents.size()) * (Bm25Options().k1 + 1));
  float share_max = 0;
  const size_t first_byte = part_.blocks.size(), first_position_byte = part_.positions.size();
  for (size_t at = 0; at < documents.size(); at += kBlockDocuments) {
    const size_t in_block = std::min(kBlockDocuments, documents.size() - at);
    const auto block_frequencies = frequencies.subspan(at, in_block);
    float block_max = 0;
    for (size_t i = at; i < at + in_block; i++)
      block_max = std::max(block_max, norms_.Share(documents[i], frequencies[i]));
    share_max = std::max(share_max, block_max);
    EncodeBlock(documents.subspan(at, in_block), block_frequencies, weight * block_max, part_.blocks);
    part_.block_ends.push_back(static_cast<uint32_t>(part_.blocks.size() - first_byte));
    if (!part_.has_positions) continue;
    const uint64_t count = std::accumulate(block_frequencies.begin(), block_frequencies.end(), uint64_t{0});
    EncodePositions(positions.first(count), block_frequencies, part_.positions);
    positions = positions.subspan(count);
    part_.position_ends.push_back(static_cast<uint32_t>(part_.positions.size() - first_position_byte));
  }
  part_.word_bytes += word;
  part_.word_ends.push_back(static_cast<uint32_t>(part_.word_bytes.size()));
  part_.counts.push_back(static_cast<uint32_t>(documents.size()));
  part_.scores_max.push_back(weight * share_max);
  part_.word_block_ends.push_back(part_.block_ends.size());
  part_.word_byte_ends.push_back(part_.blocks.size());
  if (part_.has_positions) part_.word_position_ends.push_back(part_.positions.size());
}

}  // namespace squire::text
