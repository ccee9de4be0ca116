#include "index/text/list_reader.h"

#include <algorithm>
#include <numeric>

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
  TRY(list_->DecodePositionsOf(block_, decoded_, at_, positions_));
  return std::span<const uint32_t>(positions_);
}

Result<bool> HoldsPhrase(std::span<ListReader* const> readers, std::span<const uint32_t> offsets) {
  // The rarest word first: where it stands mostly shows that the phrase does not, before the common ones are unpacked.
  std::vector<size_t> order(readers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return readers[i]->count(); });
  std::vector<uint32_t> starts;
  for (size_t turn = 0; turn < order.size(); turn++) {
    const uint32_t offset = offsets[order[turn]];
    const auto places = TRY(readers[order[turn]]->Positions());
    if (turn == 0) {
      for (const uint32_t place : places)
        if (place >= offset) starts.push_back(place - offset);
    } else {
      std::erase_if(starts,
                    [&](uint32_t start) { return !std::ranges::binary_search(places, uint64_t{start} + offset); });
    }
    if (starts.empty()) return false;
  }
  return true;
}

}  // namespace squire::text
