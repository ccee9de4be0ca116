#include "index/text/list_reader.h"

#include <algorithm>

namespace squire::text {

bool ListReader::Find(uint32_t document) {
  const uint32_t bits = list_->window_bits(), local = document & ((1u << bits) - 1);
  const PostingList::Part* part = list_->FindPart(document >> bits);
  if (part == nullptr) return false;
  if (list_->is_dense()) {
    if (!list_->Holds(*part, local)) return false;
    posting_ = list_->PostingAt(*part, local);
    return true;
  }
  const auto locals = list_->Locals(*part);
  const auto found = std::ranges::lower_bound(locals, local);
  posting_ = part->first + static_cast<uint32_t>(found - locals.begin());
  return found != locals.end() && *found == local;
}

std::span<const uint32_t> ListReader::Positions() {
  if (positions_of_ != posting_) list_->Positions(posting_, positions_);
  positions_of_ = posting_;
  return positions_;
}

bool HoldsPhrase(std::span<ListReader* const> readers, std::span<const uint32_t> offsets) {
  // Each place of the word that stands there least often is tried.
  size_t rarest = 0;
  for (size_t i = 1; i < readers.size(); i++)
    if (readers[i]->frequency() < readers[rarest]->frequency()) rarest = i;
  return std::ranges::any_of(readers[rarest]->Positions(), [&](uint32_t place) {
    if (place < offsets[rarest]) return false;
    const uint64_t start = place - offsets[rarest];
    for (size_t i = 0; i < readers.size(); i++)
      if (i != rarest && !std::ranges::binary_search(readers[i]->Positions(), start + offsets[i])) return false;
    return true;
  });
}

}  // namespace squire::text
