#include "index/text/scan.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "index/text/chars.h"

namespace squire::text {

namespace {

constexpr size_t kWindowBytes = 4096;
constexpr size_t kBlockBytes = 64;
constexpr uint64_t kSmallBits = 0x2020202020202020;  // set in small letters and digits

constexpr uint64_t kFirstBytes[9] = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff, ~uint64_t{0},
};

// The first eight bytes, or all of fewer with zeros after; two loads that overlap are cheaper than a copy by size.
uint64_t LoadUpTo8(const char* from, size_t size) {
  if (size >= 8) [[likely]]
    return Load<uint64_t>(from);
  if (size >= 4) return Load<uint32_t>(from) | uint64_t{Load<uint32_t>(from + size - 4)} << (8 * (size - 4));
  if (size >= 2) return Load<uint16_t>(from) | uint64_t{Load<uint16_t>(from + size - 2)} << (8 * (size - 2));
  return size == 1 ? static_cast<uint8_t>(*from) : 0;
}

// The slot of a word, from its first eight bytes (more may be in `head`) and its size. Capitals hash as small letters.
size_t SlotOf(uint64_t head, size_t size) {
  const uint64_t key = ((head | kSmallBits) & kFirstBytes[std::min<size_t>(size, 8)]) + size * 0x9E3779B97F4A7C15;
  return (key * 0xD6E8FEB86659FD93) >> 52;
}

char SmallLetter(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte; }

}  // namespace

// At most kWindowBytes of text that begin and end between words, so that windows know nothing of each other.
struct WordScanner::Window {
  size_t blocks = 0;
  size_t parts = 0;
  bool has_high = false;
  simd::ByteClasses classes[kWindowBytes / kBlockBytes + 1];
  uint16_t begins[kWindowBytes];  // where a part begins, times two, plus one for the first of an identifier
  uint16_t ends[kWindowBytes];

  void Classify(const simd::Kernels& kernels, const char* begin, size_t size, size_t readable);
  void Forget(size_t begin, size_t end);
  void FindParts();
};

void WordScanner::Window::Classify(const simd::Kernels& kernels, const char* begin, size_t size, size_t readable) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(begin);
  blocks = (size + kBlockBytes - 1) / kBlockBytes;
  const size_t direct = std::min(blocks, readable / kBlockBytes);
  kernels.classify(bytes, direct, classes);
  if (direct < blocks) {  // the text ends inside the last block
    uint8_t padded[kBlockBytes] = {};
    std::memcpy(padded, bytes + direct * kBlockBytes, size - direct * kBlockBytes);
    kernels.classify(padded, 1, classes + direct);
  }
  classes[blocks] = {};
  if (size % kBlockBytes != 0) Forget(size, blocks * kBlockBytes);
  uint64_t high = 0;
  for (size_t i = 0; i < blocks; ++i) high |= classes[i].high;
  has_high = high != 0;
}

// Makes separators of the bytes in [begin, end).
void WordScanner::Window::Forget(size_t begin, size_t end) {
  while (begin < end) {
    const size_t block = begin / kBlockBytes;
    const size_t stop = std::min(end, (block + 1) * kBlockBytes);
    const uint64_t gone = (~uint64_t{0} >> (kBlockBytes - (stop - begin))) << (begin % kBlockBytes);
    simd::ByteClasses& c = classes[block];
    c.letter &= ~gone;
    c.upper &= ~gone;
    c.digit &= ~gone;
    c.underscore &= ~gone;
    c.high &= ~gone;
    begin = stop;
  }
}

// The rules of words.cc for ASCII, on 64 bytes at a time. `x << 1 | carry` is x of the byte before.
void WordScanner::Window::FindParts() {
  uint64_t in_word = 0, upper_before = 0, lower_before = 0, digit_before = 0, span_before = 0, leading_before = 0;
  size_t ended = 0;
  parts = 0;
  for (size_t i = 0; i < blocks; ++i) {
    const simd::ByteClasses& c = classes[i];
    const uint64_t lower = c.letter & ~c.upper, word = c.letter | c.digit, span = word | c.underscore;
    const uint64_t next_lower = lower >> 1 | (classes[i + 1].letter & ~classes[i + 1].upper) << 63;
    const uint64_t after_word = word << 1 | in_word, after_span = span << 1 | span_before;
    const uint64_t after_upper = c.upper << 1 | upper_before, after_lower = lower << 1 | lower_before;
    const uint64_t after_digit = c.digit << 1 | digit_before;
    const uint64_t hump = c.upper & (after_lower | ((after_upper | after_digit) & next_lower));
    const uint64_t begin = word & (~after_word | hump);
    const uint64_t end = after_word & (~word | begin);
    // Underscores before an identifier: adding the first of a run carries through the run and clears it.
    const uint64_t run = c.underscore & (~after_span | leading_before);
    const uint64_t leading = c.underscore & ~(c.underscore + (run & ~(c.underscore << 1)));
    const uint64_t first = begin & (~after_span | (leading << 1 | leading_before));

    const size_t base = i * kBlockBytes;
    for (uint64_t bits = begin; bits != 0; bits &= bits - 1) {
      const auto at = static_cast<size_t>(std::countr_zero(bits));
      begins[parts++] = static_cast<uint16_t>((base + at) << 1 | (first >> at & 1));
    }
    for (uint64_t bits = end; bits != 0; bits &= bits - 1) {
      ends[ended++] = static_cast<uint16_t>(base + static_cast<size_t>(std::countr_zero(bits)));
    }
    in_word = word >> 63;
    span_before = span >> 63;
    upper_before = c.upper >> 63;
    lower_before = lower >> 63;
    digit_before = c.digit >> 63;
    leading_before = leading >> 63;
  }
  if (in_word) ends[ended] = static_cast<uint16_t>(blocks * kBlockBytes);
}

WordScanner::WordScanner(std::vector<std::string> words, const simd::Kernels& kernels)
    : words_(std::move(words)), slot_(kSlots), whole_sizes_(256), kernels_(&kernels) {
  std::erase_if(words_, [](const std::string& word) { return word.empty() || word.size() > kMaxWordBytes; });
  if (words_.size() > kMaxScanWords) words_.resize(kMaxScanWords);
  next_.resize(words_.size());
  for (size_t i = 0; i < words_.size(); ++i) {
    const std::string& word = words_[i];
    uint16_t& head = slot_[SlotOf(LoadUpTo8(word.data(), word.size()), word.size())];
    next_[i] = head;
    head = static_cast<uint16_t>(i + 1);
    whole_sizes_[static_cast<uint8_t>(word[0])] |= uint64_t{1} << (word.size() - 1);
  }
}

int WordScanner::Find(std::string_view word) const {
  for (size_t i = slot_[SlotOf(LoadUpTo8(word.data(), word.size()), word.size())]; i != 0; i = next_[i - 1]) {
    if (words_[i - 1] == word) return static_cast<int>(i - 1);
  }
  return -1;
}

uint64_t WordScanner::Scan(std::string_view text, WordCounts& counts) const {
  uint64_t words = 0;
  size_t at = 0;
  while (at < text.size()) {
    size_t size = std::min(kWindowBytes, text.size() - at);
    if (at + size < text.size()) {
      while (size > 0 && IsSpanByte(text[at + size - 1])) --size;
    }
    if (size == 0) {  // one run of word bytes longer than a window
      size = kWindowBytes;
      while (at + size < text.size() && IsSpanByte(text[at + size])) ++size;
      words += ScanSlowly(text.substr(at, size), counts);
    } else {
      words += ScanWindow(text.data() + at, size, text.size() - at, counts);
    }
    at += size;
  }
  return words;
}

uint64_t WordScanner::ScanSlowly(std::string_view text, WordCounts& counts) const {
  uint64_t words = 0;
  ForEachWord(text, [&](std::string_view word, WordKind) {
    ++words;
    if (const int found = Find(word); found >= 0) counts.Add(static_cast<uint16_t>(found));
  });
  return words;
}

uint64_t WordScanner::ScanWindow(const char* begin, size_t size, size_t readable, WordCounts& counts) const {
  Window window;
  window.Classify(*kernels_, begin, size, readable);
  uint64_t words = 0;
  if (window.has_high) words = ScanSpansWithHighBytes(begin, size, window, counts);
  window.FindParts();
  return words + Match(begin, readable, window, counts);
}

uint64_t WordScanner::ScanSpansWithHighBytes(const char* begin, size_t size, Window& window, WordCounts& counts) const {
  uint64_t words = 0;
  for (size_t block = 0; block < window.blocks; ++block) {
    while (window.classes[block].high != 0) {
      const size_t at = block * kBlockBytes + static_cast<size_t>(std::countr_zero(window.classes[block].high));
      size_t first = at, last = at + 1;
      while (first > 0 && IsSpanByte(begin[first - 1])) --first;
      while (last < size && IsSpanByte(begin[last])) ++last;
      words += ScanSlowly({begin + first, last - first}, counts);
      window.Forget(first, last);
    }
  }
  return words;
}

uint64_t WordScanner::Match(const char* begin, size_t readable, const Window& window, WordCounts& counts) const {
  const uint16_t* slots = slot_.data();
  uint64_t identifiers = 0;  // of two parts or more
  size_t whole_begin = 0, whole_size = 0;
  bool first_before = false;
  for (size_t i = 0; i < window.parts; ++i) {
    const size_t part = window.begins[i] >> 1, end = window.ends[i];
    const bool first = window.begins[i] & 1;
    const size_t size = std::min(end - part, kMaxWordBytes);
    identifiers += static_cast<uint64_t>(!first) & static_cast<uint64_t>(first_before);
    first_before = first;
    whole_begin = first ? part : whole_begin;
    whole_size = std::min(first ? size : whole_size + size, kMaxWordBytes);
    const uint64_t head = LoadUpTo8(begin + part, readable - part);
    if (slots[SlotOf(head, size)] != 0) [[unlikely]]
      MatchPart(begin + part, size, counts);
    const auto first_byte = static_cast<uint8_t>(SmallLetter(begin[whole_begin]));
    const bool maybe_whole = (whole_sizes_[first_byte] >> (whole_size - 1) & 1) != 0;
    if (!first && maybe_whole) [[unlikely]] {
      const bool ends = i + 1 == window.parts || (window.begins[i + 1] & 1) != 0;
      if (ends) MatchWhole(begin + whole_begin, begin + end, counts);
    }
  }
  return window.parts + identifiers;
}

void WordScanner::MatchPart(const char* part, size_t size, WordCounts& counts) const {
  char folded[kMaxWordBytes];
  std::transform(part, part + size, folded, SmallLetter);
  if (const int found = Find({folded, size}); found >= 0) counts.Add(static_cast<uint16_t>(found));
}

// The parts in [begin, end) with the underscores between them taken out.
void WordScanner::MatchWhole(const char* begin, const char* end, WordCounts& counts) const {
  char folded[kMaxWordBytes];
  size_t size = 0;
  for (const char* at = begin; at < end && size < kMaxWordBytes; ++at) {
    if (*at != '_') folded[size++] = SmallLetter(*at);
  }
  if (const int found = Find({folded, size}); found >= 0) counts.Add(static_cast<uint16_t>(found));
}

}  // namespace squire::text
