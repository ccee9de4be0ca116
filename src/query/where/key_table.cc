#include "query/where/key_table.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace squire::where {
namespace {

uint64_t HashOf(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

uint64_t HashOf(uint64_t word) {
  word = (word ^ (word >> 32)) * 0x9E3779B97F4A7C15ull;
  return word ^ (word >> 29);
}

uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

}  // namespace

void KeyTable::Reserve(size_t count, size_t bytes) {
  if (has_words_) {
    words_.reserve(count);
  } else {
    ends_.reserve(count);
    bytes_.reserve(bytes);
  }
  Grow(std::bit_ceil(std::max<size_t>(16, count * 2)));
}

void KeyTable::Grow(size_t slots) {
  if (slots <= slots_.size()) return;
  slots_.assign(slots, {});
  const size_t mask = slots - 1;
  for (size_t i = 0; i < size(); i++) {
    const uint64_t hash = has_words_ ? HashOf(words_[i]) : HashOf(text(i));
    size_t at = hash & mask;
    while (slots_[at].index != 0) at = (at + 1) & mask;
    slots_[at] = {static_cast<uint32_t>(i + 1), TagOf(hash)};
  }
}

uint32_t KeyTable::Insert(std::string_view key) {
  if ((size() + 1) * 2 > slots_.size()) Grow(std::max<size_t>(16, slots_.size() * 2));
  const uint64_t hash = HashOf(key);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at].index != 0; at = (at + 1) & mask) {
    if (slots_[at].tag == TagOf(hash) && text(slots_[at].index - 1) == key) return slots_[at].index - 1;
  }
  bytes_.append(key);
  ends_.push_back(bytes_.size());
  slots_[at] = {static_cast<uint32_t>(ends_.size()), TagOf(hash)};
  return slots_[at].index - 1;
}

uint32_t KeyTable::Insert(uint64_t word) {
  if ((size() + 1) * 2 > slots_.size()) Grow(std::max<size_t>(16, slots_.size() * 2));
  const uint64_t hash = HashOf(word);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at].index != 0; at = (at + 1) & mask) {
    if (slots_[at].tag == TagOf(hash) && words_[slots_[at].index - 1] == word) return slots_[at].index - 1;
  }
  words_.push_back(word);
  slots_[at] = {static_cast<uint32_t>(words_.size()), TagOf(hash)};
  return slots_[at].index - 1;
}

int64_t KeyTable::Find(std::string_view key) const {
  if (slots_.empty()) return -1;
  const uint64_t hash = HashOf(key);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at].index != 0; at = (at + 1) & mask) {
    if (slots_[at].tag == TagOf(hash) && text(slots_[at].index - 1) == key) return slots_[at].index - 1;
  }
  return -1;
}

int64_t KeyTable::Find(uint64_t word) const {
  if (slots_.empty()) return -1;
  const uint64_t hash = HashOf(word);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at].index != 0; at = (at + 1) & mask) {
    if (words_[slots_[at].index - 1] == word) return slots_[at].index - 1;
  }
  return -1;
}

}  // namespace squire::where
