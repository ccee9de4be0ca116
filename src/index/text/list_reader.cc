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

bool HoldsPhrase(std::span<const ListReader* const> readers, std::span<const uint32_t> offsets) {
  // Each place of the word that stands there least often is tried.
  size_t rarest = 0;
  for (size_t i = 1; i < readers.size(); i++)
    if (readers[i]->frequency() < readers[rarest]->frequency()) rarest = i;
  const Places places = readers[rarest]->places();
  for (uint32_t at = 0; at < places.count; at++) {
    if (places[at] < offsets[rarest]) continue;
    const uint64_t start = places[at] - offsets[rarest];
    bool holds = true;
    for (size_t i = 0; i < readers.size() && holds; i++)
      holds = i == rarest || readers[i]->places().Contain(start + offsets[i]);
    if (holds) return true;
  }
  return false;
}

}  // namespace squire::text
