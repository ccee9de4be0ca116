#include "index/text/known_words.h"

namespace squire::text {
namespace {

// Beyond, all are forgotten: the lists themselves are mostly in the ListCache still.
constexpr size_t kWordsMax = 4096;
constexpr size_t kBytesMax = size_t{16} << 20;

}  // namespace

std::shared_ptr<const KnownWords::Lists> KnownWords::Find(std::string_view word, bool with_positions) {
  const std::scoped_lock lock(mutex_);
  const auto found = words_.find(word);
  if (found == words_.end() || (with_positions && !found->second.lists->with_positions)) return nullptr;
  return found->second.lists;
}

void KnownWords::Keep(std::string_view word, std::shared_ptr<const Lists> lists) {
  size_t bytes = word.size() + sizeof(Lists);
  for (const auto& list : lists->of_parts) bytes += list == nullptr ? 0 : list->size_bytes();
  if (bytes > kBytesMax) return;
  const std::scoped_lock lock(mutex_);
  if (const auto known = words_.find(word); known != words_.end()) {
    bytes_ -= known->second.size_bytes;
    words_.erase(known);
  }
  if (words_.size() >= kWordsMax || bytes_ + bytes > kBytesMax) {
    words_.clear();
    bytes_ = 0;
  }
  bytes_ += bytes;
  words_.emplace(word, Known{std::move(lists), bytes});
}

}  // namespace squire::text
