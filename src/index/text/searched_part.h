#pragma once

/// SearchedPart: a part of an index as it is searched, and ListCache: the lists of postings that searches parsed, kept
/// up to a bound for the next ones, whatever was added to the table meanwhile.

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "index/text/posting_list.h"
#include "index/text/text_part.h"

namespace squire::text {

/// The least recently used lists go first. Safe to share between threads.
class ListCache {
 public:
  using ListPtr = std::shared_ptr<const PostingList>;

  explicit ListCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  /// A number for a part, never given before.
  uint64_t NewPart();
  ListPtr Find(uint64_t part, uint32_t word);
  void Keep(uint64_t part, uint32_t word, ListPtr list);

 private:
  struct Key {
    uint64_t part = 0;
    uint32_t word = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const { return (key.part << 32 ^ key.word) * 0x9E3779B97F4A7C15u >> 8; }
  };
  struct Entry {
    Key key;
    ListPtr list;
  };

  std::mutex mutex_;
  const size_t bytes_max_;
  size_t bytes_ = 0;
  uint64_t parts_ = 0;
  std::list<Entry> entries_;  // the last used one first
  std::unordered_map<Key, std::list<Entry>::iterator, Hash> places_;
};

/// Immutable; safe to share between threads.
class SearchedPart {
 public:
  /// `usual`: by which lists are parsed, whatever a search asks for.
  SearchedPart(std::shared_ptr<const TextPart> part, std::shared_ptr<ListCache> cache, const Bm25Options& usual = {});

  [[nodiscard]] const TextPart& part() const { return *part_; }
  [[nodiscard]] const FloatLengths& lengths() const { return lengths_; }
  /// The ids of the fragments that rows of its documents are of, ascending.
  [[nodiscard]] const std::vector<uint64_t>& fragments() const { return fragments_; }

  /// The postings of a word. A list whose bounds are of another mean length than `mean` is parsed again when they are
  /// off by more than a hundredth. ERRORS: Corruption, Io.
  Result<ListCache::ListPtr> List(uint32_t word, double mean, bool with_positions) const;

 private:
  std::shared_ptr<const TextPart> part_;
  FloatLengths lengths_;
  std::vector<uint64_t> fragments_;
  std::shared_ptr<ListCache> cache_;
  Bm25Options usual_;
  uint64_t number_ = 0;
};

}  // namespace squire::text
