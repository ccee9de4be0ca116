#include "index/text/posting_list.h"

#include <algorithm>
#include <bit>

namespace squire::text {

uint32_t WindowBits(uint32_t num_documents) {
  constexpr uint32_t kBitsMin = 10, kWindowsBits = 9;
  const auto bits = static_cast<uint32_t>(std::bit_width(num_documents));
  return std::max(kBitsMin, bits > kWindowsBits ? bits - kWindowsBits : 0);
}

Result<std::shared_ptr<const PostingList>> PostingList::Parse(std::vector<uint8_t> blocks, std::vector<uint32_t> ends,
                                                              uint32_t count, const DocumentNorms& norms) {
  return Parse({.blocks = std::move(blocks), .block_ends = std::move(ends), .count = count}, norms);
}

Result<std::shared_ptr<const PostingList>> PostingList::Parse(WordPostings postings, const DocumentNorms& norms) {
  auto& [blocks, ends, count, positions, position_ends] = postings;
  if (count == 0 || ends.size() != CeilDiv(count, kBlockDocuments) || ends.back() != blocks.size() ||
      !std::ranges::is_sorted(ends))
    return Corruption("the blocks of a word do not hold its " + std::to_string(count) + " postings");
  if (!position_ends.empty() && (position_ends.size() != ends.size() || position_ends.back() != positions.size() ||
                                 !std::ranges::is_sorted(position_ends)))
    return Corruption("the positions of a word do not fit its blocks");
  std::shared_ptr<PostingList> list(new PostingList(norms));
  list->positions_ = std::move(positions);
  list->position_ends_ = std::move(position_ends);
  list->blocks_ = std::move(blocks);
  list->ends_ = std::move(ends);
  list->count_ = count;
  const uint32_t window_bits = WindowBits(norms.size());
  PostingBlock block;
  uint64_t next = 0;  // document that may come
  for (uint32_t i = 0; i < list->num_blocks(); i++) {
    const size_t begin = i == 0 ? 0 : list->ends_[i - 1];
    const Bytes bytes = Bytes(list->blocks_).subspan(begin, list->ends_[i] - begin);
    const uint32_t in_block = list->block_count(i);
    TRY(DecodeBlock(bytes, in_block, norms.size(), block));
    if (block.documents[0] < next) return Corruption("the blocks of a word are not in order");
    list->firsts_.push_back(block.documents[0]);
    next = uint64_t{block.documents[in_block - 1]} + 1;
    for (uint32_t at = 0; at < in_block; at++) {
      const uint32_t window = block.documents[at] >> window_bits;
      if (list->parts_.empty() || list->parts_.back().window != window) list->parts_.push_back({window, 0, i});
      Part& part = list->parts_.back();
      part.share_max = std::max(part.share_max, norms.Share(block.documents[at], block.frequencies[at]));
    }
  }
  list->parts_.shrink_to_fit();
  return list;
}

uint32_t PostingList::BlockOf(uint32_t document) const {
  const auto after = std::ranges::upper_bound(firsts_, document) - firsts_.begin();
  return static_cast<uint32_t>(std::max<ptrdiff_t>(after, 1) - 1);
}

Result<void> PostingList::DecodePositionsOf(uint32_t block, const PostingBlock& decoded, uint32_t at,
                                            std::vector<uint32_t>& out) const {
  const size_t begin = block == 0 ? 0 : position_ends_[block - 1];
  return DecodePositionsAt(Bytes(positions_).subspan(begin, position_ends_[block] - begin),
                           std::span(decoded.frequencies).first(block_count(block)), at, out);
}

}  // namespace squire::text
