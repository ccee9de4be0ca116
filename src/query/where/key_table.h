#pragma once

/// KeyTable: distinct keys - words of 64 bits or byte strings - numbered in the order of their first insertion. The
/// keys' bytes lie in one piece, so that a probe touches little memory. Not thread-safe while it grows, shared freely
/// after.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace squire::where {

class KeyTable {
 public:
  explicit KeyTable(bool has_words) : has_words_(has_words) {}

  /// Makes room for `count` keys of `bytes` in all.
  void Reserve(size_t count, size_t bytes);
  /// The number of the key, which is added when it is new.
  uint32_t Insert(std::string_view key);
  uint32_t Insert(uint64_t word);
  /// The number of the key, or -1.
  [[nodiscard]] int64_t Find(std::string_view key) const;
  [[nodiscard]] int64_t Find(uint64_t word) const;

  [[nodiscard]] bool has_words() const { return has_words_; }
  [[nodiscard]] size_t size() const { return has_words_ ? words_.size() : ends_.size(); }
  [[nodiscard]] std::string_view text(size_t index) const {
    const size_t begin = index == 0 ? 0 : ends_[index - 1];
    return {bytes_.data() + begin, ends_[index] - begin};
  }
  [[nodiscard]] uint64_t word(size_t index) const { return words_[index]; }

 private:
  struct Slot {
    uint32_t index = 0;  // of the key + 1; 0 = free
    uint32_t tag = 0;    // upper bits of its hash
  };
  void Grow(size_t slots);

  bool has_words_;
  std::vector<Slot> slots_;
  std::vector<uint64_t> words_;
  std::string bytes_;
  std::vector<uint64_t> ends_;
};

}  // namespace squire::where
