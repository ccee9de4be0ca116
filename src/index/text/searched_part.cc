#include "index/text/searched_part.h"

#include <algorithm>

#include "base/try.h"

namespace squire::text {

namespace {

constexpr float kGrowthMax = 1.01f;

}  // namespace

uint64_t ListCache::NewPart() {
  const std::scoped_lock lock(mutex_);
  return ++parts_;
}

ListCache::ListPtr ListCache::Find(uint64_t part, uint32_t word) {
  const std::scoped_lock lock(mutex_);
  const auto found = places_.find({part, word});
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->list;
}

void ListCache::Keep(uint64_t part, uint32_t word, ListPtr list) {
  const size_t bytes = list->size_bytes();
  if (bytes > bytes_max_ / 4) return;
  const std::scoped_lock lock(mutex_);
  const auto drop = [&](std::list<Entry>::iterator entry) {
    bytes_ -= entry->list->size_bytes();
    places_.erase(entry->key);
    entries_.erase(entry);
  };
  if (const auto found = places_.find({part, word}); found != places_.end()) drop(found->second);
  while (bytes_ + bytes > bytes_max_) drop(std::prev(entries_.end()));
  entries_.push_front({{part, word}, std::move(list)});
  places_[{part, word}] = entries_.begin();
  bytes_ += bytes;
}

SearchedPart::SearchedPart(std::shared_ptr<const TextPart> part, std::shared_ptr<ListCache> cache,
                           const Bm25Options& usual)
    : part_(std::move(part)),
      lengths_(ToFloatLengths(part_->lengths())),
      cache_(std::move(cache)),
      usual_(usual),
      number_(cache_->NewPart()) {
  for (const uint64_t row : part_->rows())
    if (fragments_.empty() || fragments_.back() != row >> 32) fragments_.push_back(row >> 32);
  std::ranges::sort(fragments_);
  const auto repeated = std::ranges::unique(fragments_);
  fragments_.erase(repeated.begin(), repeated.end());
}

Result<ListCache::ListPtr> SearchedPart::List(uint32_t word, double mean, bool with_positions) const {
  const DocumentNorms norms(lengths_, mean, usual_);
  auto list = cache_->Find(number_, word);
  const bool had_positions = list != nullptr && list->has_positions();
  const bool lacks_positions = with_positions && part_->has_positions() && !had_positions;
  if (list != nullptr && !lacks_positions && norms.GrowthSince(list->norms()) <= kGrowthMax &&
      list->norms().GrowthSince(norms) <= kGrowthMax)
    return list;
  auto postings = TRY(part_->Postings(word));
  if (!with_positions && !had_positions) {
    postings.positions = {};
    postings.position_ends = {};
  }
  list = TRY(PostingList::Parse(std::move(postings), norms));
  cache_->Keep(number_, word, list);
  return list;
}

}  // namespace squire::text
