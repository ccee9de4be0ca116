#include "index/text/posting_list.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/try.h"

namespace squire::text {
namespace {

/// A list with more positions is not searched: a few bytes can stand for very many.
constexpr uint64_t kPositionsMax = uint64_t{1} << 28;

}  // namespace

uint32_t WindowBits(uint32_t num_documents) {
  constexpr uint32_t kBitsMin = 10, kBitsMax = 16, kWindowsBits = 9;
  const auto bits = static_cast<uint32_t>(std::bit_width(num_documents));
  return std::clamp(bits > kWindowsBits ? bits - kWindowsBits : 0, kBitsMin, kBitsMax);
}

Result<std::shared_ptr<const PostingList>> PostingList::Parse(std::vector<uint8_t> blocks, std::vector<uint32_t> ends,
                                                              uint32_t count, const DocumentNorms& norms) {
  return Parse({.blocks = std::move(blocks), .block_ends = std::move(ends), .count = count}, norms);
}

Result<std::shared_ptr<const PostingList>> PostingList::Parse(const WordPostings& postings,
                                                              const DocumentNorms& norms) {
  const auto& [blocks, ends, count, positions, position_ends] = postings;
  if (count == 0 || ends.size() != CeilDiv(count, kBlockDocuments) || ends.back() != blocks.size() ||
      !std::ranges::is_sorted(ends))
    return Corruption("the blocks of a word do not hold its " + std::to_string(count) + " postings");
  if (!position_ends.empty() && (position_ends.size() != ends.size() || position_ends.back() != positions.size() ||
                                 !std::ranges::is_sorted(position_ends)))
    return Corruption("the positions of a word do not fit its blocks");
  std::shared_ptr<PostingList> list(new PostingList(norms));
  list->Reserve(count);
  const auto cut = [](const auto& all, const auto& all_ends, size_t i) {
    const size_t begin = i == 0 ? 0 : all_ends[i - 1];
    return Bytes(all).subspan(begin, all_ends[i] - begin);
  };
  PostingBlock block;
  uint64_t next = 0;  // document that may come
  for (size_t i = 0; i < ends.size(); i++) {
    const auto in_block = static_cast<uint32_t>(std::min(kBlockDocuments, count - i * kBlockDocuments));
    TRY(DecodeBlock(cut(blocks, ends, i), in_block, norms.size(), block));
    if (block.documents[0] < next) return Corruption("the blocks of a word are not in order");
    next = uint64_t{block.documents[in_block - 1]} + 1;
    list->AddBlock(block, in_block);
    if (position_ends.empty()) continue;
    TRY(list->AddPositions(cut(positions, position_ends, i), std::span(block.frequencies).first(in_block)));
  }
  list->frequencies_.resize(count + kPlacesStep);
  list->share_max_ = std::ranges::max_element(list->parts_, {}, &Part::share_max)->share_max;
  list->parts_.push_back({UINT32_MAX, 0, count});
  list->parts_.shrink_to_fit();
  uint16_t rank = 0;
  for (size_t i = 0; i < list->ranks_.size(); i++) {
    if ((i & ((size_t{1} << (list->window_bits_ - 6)) - 1)) == 0) rank = 0;
    list->ranks_[i] = rank;
    rank = static_cast<uint16_t>(rank + std::popcount(list->bits_[i]));
  }
  return list;
}

void PostingList::Reserve(uint32_t count) {
  frequencies_.reserve(count + kPlacesStep);
  if (count < norms_.size() / kDenseShare) {
    locals_.reserve(count);
    return;
  }
  bits_.resize(((size_t{norms_.size()} >> window_bits_) + 1) << (window_bits_ - 6));
  ranks_.resize(bits_.size());
}

void PostingList::AddBlock(const PostingBlock& block, uint32_t count) {
  const uint32_t mask = (1u << window_bits_) - 1;
  for (uint32_t at = 0; at < count; at++) {
    const uint32_t document = block.documents[at], frequency = block.frequencies[at];
    const uint32_t window = document >> window_bits_, posting = count_++;
    if (parts_.empty() || parts_.back().window != window) parts_.push_back({window, 0, posting});
    parts_.back().share_max = std::max(parts_.back().share_max, norms_.Share(document, frequency));
    frequencies_.push_back(static_cast<uint8_t>(std::min<uint32_t>(frequency, kWide)));
    if (frequency >= kWide) wide_.push_back({posting, frequency});
    if (is_dense())
      bits_[document / 64] |= uint64_t{1} << (document % 64);
    else
      locals_.push_back(static_cast<uint16_t>(document & mask));
  }
}

Result<void> PostingList::AddPositions(Bytes bytes, std::span<const uint32_t> frequencies) {
  std::vector<uint32_t> read;
  TRY(DecodePositions(bytes, frequencies, read));
  const size_t before = near_positions_.size() + far_positions_.size();
  if (before + read.size() > kPositionsMax) return Corruption("a word has too many positions");
  const auto first_posting = count() - static_cast<uint32_t>(frequencies.size());
  auto first = static_cast<uint32_t>(before);
  for (uint32_t at = 0; at < frequencies.size(); first += frequencies[at++])
    if ((first_posting + at) % kPlacesStep == 0) place_firsts_.push_back(first);
  if (far_positions_.empty() && std::ranges::all_of(read, [](uint32_t one) { return one <= UINT16_MAX; })) {
    for (const uint32_t one : read) near_positions_.push_back(static_cast<uint16_t>(one));
    return {};
  }
  far_positions_.insert(far_positions_.end(), near_positions_.begin(), near_positions_.end());
  near_positions_.clear();
  far_positions_.insert(far_positions_.end(), read.begin(), read.end());
  return {};
}

const PostingList::Part* PostingList::FindPart(uint32_t window) const {
  const auto all = parts();
  // Most words are in every window, or in few.
  if (window < all.size() && all[window].window == window) return &all[window];
  const auto at = std::ranges::lower_bound(all, window, {}, &Part::window);
  return at == all.end() || at->window != window ? nullptr : &*at;
}

uint32_t PostingList::WideFrequency(uint32_t posting) const {
  return std::ranges::lower_bound(wide_, posting, {}, &Wide::posting)->frequency;
}

size_t PostingList::FirstPlace(uint32_t posting) const {
  const uint32_t begin = posting / kPlacesStep * kPlacesStep;
  size_t first = place_firsts_[posting / kPlacesStep];
  if (!wide_.empty()) {
    for (uint32_t at = begin; at < posting; at++) first += Frequency(at);
    return first;
  }
  // The sum of those before, all of them at once.
  uint64_t eight;
  std::memcpy(&eight, frequencies_.data() + begin, sizeof(eight));
  if constexpr (std::endian::native == std::endian::big) eight = std::byteswap(eight);
  eight &= (uint64_t{1} << (8 * (posting - begin))) - 1;
  constexpr uint64_t kEven = 0x00FF00FF00FF00FF, kOnes = 0x0001000100010001;
  return first + (((eight & kEven) + (eight >> 8 & kEven)) * kOnes >> 48);
}

bool Places::Contain(uint64_t place) const {
  if (place > UINT32_MAX) return false;
  const auto is_there = [&](const auto* all) {
    constexpr uint32_t kFew = 16;
    if (count > kFew) return std::binary_search(all, all + count, place);
    bool found = false;
    for (uint32_t i = 0; i < count; i++) found |= all[i] == place;
    return found;
  };
  return near != nullptr ? is_there(near) : is_there(far);
}

size_t PostingList::size_bytes() const {
  const auto bytes = [](const auto&... all) { return ((all.capacity() * sizeof(all[0])) + ...); };
  return sizeof(*this) +
         bytes(parts_, frequencies_, wide_, locals_, bits_, ranks_, near_positions_, far_positions_, place_firsts_);
}

}  // namespace squire::text
