#pragma once

/// WordScanner: counts a few words in much text, equal to ReadWords but without building the text's own words.
///
/// ASCII is classified 64 bytes at a time into bit masks (simd room); where words begin and end is bit arithmetic on
/// those, and a word is looked at only when its first bytes and length hash to a wanted word. A run of word bytes with
/// any byte above 0x7f in it goes to ReadWords. Immutable once built: any thread may scan, each with counts of its own.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/text/words.h"
#include "simd/kernels.h"

namespace squire::text {

/// The words that one scanner can look for.
inline constexpr size_t kMaxScanWords = 4096;

/// How often each wanted word was seen; clearing costs what was touched.
class WordCounts {
 public:
  explicit WordCounts(size_t words) : counts_(words) {}

  void Add(uint16_t word) {
    if (counts_[word]++ == 0) touched_.push_back(word);
  }
  void Clear() {
    for (uint16_t word : touched_) counts_[word] = 0;
    touched_.clear();
  }
  [[nodiscard]] uint32_t at(uint16_t word) const { return counts_[word]; }
  /// The words with a count, in the order of their first sight.
  [[nodiscard]] std::span<const uint16_t> touched() const { return touched_; }

 private:
  std::vector<uint32_t> counts_;
  std::vector<uint16_t> touched_;
};

class WordScanner {
 public:
  /// `words` are folded, as ReadWords gives them, and distinct.
  /// REQUIRES: at most kMaxScanWords words of 1 to kMaxWordBytes bytes; others are ignored.
  explicit WordScanner(std::vector<std::string> words, const simd::Kernels& kernels = simd::ActiveKernels());

  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

  /// The index of `word`, or -1.
  [[nodiscard]] int Find(std::string_view word) const;

  /// Adds the wanted words of `text` to `counts`; returns the number of all words in it.
  uint64_t Scan(std::string_view text, WordCounts& counts) const;

 private:
  struct Window;

  uint64_t ScanSlowly(std::string_view text, WordCounts& counts) const;
  uint64_t ScanWindow(const char* begin, size_t size, size_t readable, WordCounts& counts) const;
  uint64_t ScanSpansWithHighBytes(const char* begin, size_t size, Window& window, WordCounts& counts) const;
  uint64_t Match(const char* begin, size_t readable, const Window& window, WordCounts& counts) const;
  void MatchPart(const char* part, size_t size, WordCounts& counts) const;
  void MatchWhole(const char* begin, const char* end, WordCounts& counts) const;

  static constexpr size_t kSlots = 4096;

  std::vector<std::string> words_;
  std::vector<uint16_t> slot_;         // kSlots heads of chains: index + 1, or 0
  std::vector<uint16_t> next_;         // the chain: index + 1, or 0
  std::vector<uint64_t> whole_sizes_;  // by first byte: bit n - 1 is set when a wanted word has n bytes
  const simd::Kernels* kernels_;
};

}  // namespace squire::text
