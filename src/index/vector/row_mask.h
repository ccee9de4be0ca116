#pragma once

/// RowMask: which rows, by address, may be an answer. Built once, then read by any thread.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace squire::vector {

class RowMask {
 public:
  /// Adds rows of a fragment: offset i is in when bit i % 64 of words[i / 64] is set.
  /// REQUIRES: the fragment was not added before.
  void Add(uint64_t fragment_id, std::vector<uint64_t> words) {
    for (const uint64_t word : words) count_ += static_cast<uint64_t>(__builtin_popcountll(word));
    const auto at = std::ranges::lower_bound(fragments_, fragment_id, {}, &Fragment::id);
    fragments_.insert(at, {fragment_id, std::move(words)});
  }

  /// The rows that are in both.
  [[nodiscard]] RowMask And(const RowMask& other) const {
    RowMask out;
    for (const Fragment& fragment : fragments_) {
      const Fragment* match = other.Find(fragment.id);
      if (match == nullptr) continue;
      std::vector<uint64_t> words(std::min(fragment.words.size(), match->words.size()));
      for (size_t i = 0; i < words.size(); i++) words[i] = fragment.words[i] & match->words[i];
      out.Add(fragment.id, std::move(words));
    }
    return out;
  }

  [[nodiscard]] bool Contains(uint64_t address) const {
    const uint64_t id = address >> 32, offset = address & 0xffffffff;
    const Fragment* found = Find(id);
    return found != nullptr && offset / 64 < found->words.size() && (found->words[offset / 64] >> (offset % 64) & 1);
  }

  /// The words of a fragment's rows as Add was given them; none when it has no such fragment.
  [[nodiscard]] std::span<const uint64_t> WordsOf(uint64_t fragment_id) const {
    const Fragment* found = Find(fragment_id);
    return found == nullptr ? std::span<const uint64_t>() : std::span<const uint64_t>(found->words);
  }

  /// Rows that are in.
  [[nodiscard]] uint64_t count() const { return count_; }

  /// Calls `use(address)` for each, ascending.
  template <class Use>
  void ForEach(Use use) const {
    for (const Fragment& fragment : fragments_) {
      for (size_t word = 0; word < fragment.words.size(); word++) {
        for (uint64_t bits = fragment.words[word]; bits != 0; bits &= bits - 1)
          use(fragment.id << 32 | (word * 64 + static_cast<uint64_t>(__builtin_ctzll(bits))));
      }
    }
  }

 private:
  struct Fragment {
    uint64_t id = 0;
    std::vector<uint64_t> words;
  };

  [[nodiscard]] const Fragment* Find(uint64_t id) const {
    // Fragments mostly follow each other: then the place is known.
    if (fragments_.empty() || id < fragments_[0].id) return nullptr;
    const uint64_t guess = id - fragments_[0].id;
    if (guess < fragments_.size() && fragments_[guess].id == id) return &fragments_[guess];
    const auto at = std::ranges::lower_bound(fragments_, id, {}, &Fragment::id);
    return at != fragments_.end() && at->id == id ? &*at : nullptr;
  }

  std::vector<Fragment> fragments_;
  uint64_t count_ = 0;
};

}  // namespace squire::vector
