#include "index/text/list_reader.h"

#include <algorithm>

namespace squire::text {

bool ListReader::Find(uint32_t document) {
  const uint32_t block = list_->BlockOf(document);
  if (block != block_) {
    list_->Decode(block, decoded_);
    block_ = block;
  }
  const auto documents = std::span(decoded_.documents).first(list_->block_count(block));
  const auto found = std::ranges::lower_bound(documents, document);
  at_ = static_cast<uint32_t>(found - documents.begin());
  return found != documents.end() && *found == document;
}

Result<std::span<const uint32_t>> ListReader::Positions() {
  if (positions_block_ != block_) {
    positions_block_ = UINT32_MAX;
    TRY(list_->DecodePositionsOf(block_, decoded_, positions_));
    begins_.clear();
    uint32_t begin = 0;
    for (uint32_t i = 0; i < list_->block_count(block_); i++) {
      begins_.push_back(begin);
      begin += decoded_.frequencies[i];
    }
    positions_block_ = block_;
  }
  return std::span<const uint32_t>(positions_).subspan(begins_[at_], decoded_.frequencies[at_]);
}

Result<bool> HoldsPhrase(std::span<ListReader* const> readers, std::span<const uint32_t> offsets) {
  std::vector<std::span<const uint32_t>> places;
  size_t rarest = 0;
  for (ListReader* reader : readers) {
    places.push_back(TRY(reader->Positions()));
    if (places.back().size() < places[rarest].size()) rarest = places.size() - 1;
  }
  for (const uint32_t place : places[rarest]) {
    if (place < offsets[rarest]) continue;
    const uint64_t first = place - offsets[rarest];
    bool all = true;
    for (size_t i = 0; all && i < places.size(); i++)
      all = i == rarest || std::ranges::binary_search(places[i], first + offsets[i]);
    if (all) return true;
  }
  return false;
}

}  // namespace squire::text
