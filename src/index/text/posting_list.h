#pragma once

/// The documents of one part of an index that hold a word, as they are searched: unpacked, by windows of documents,
/// and for each window how much one of its documents scores at most. A word that few documents hold has a list of them,
/// one that many hold a bit for each document, so that asking for a single one is cheap for both. Immutable; safe to
/// share between threads.
/// Source: Mackenzie, Petri and Moffat, "Anytime Ranking on Document-Ordered Indexes", 2022 (bounds by range).

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/text/document_norms.h"
#include "index/text/posting_codec.h"
#include "index/text/text_part.h"

namespace squire::text {

/// Documents are searched by windows of 2^WindowBits of them: some hundred in all, and none under 1,024 documents.
/// Sixteen bits hold where a document is in its window.
uint32_t WindowBits(uint32_t num_documents);

/// Where a word stands in a document. Valid as long as the list they are of.
struct Places {
  const uint16_t* near = nullptr;
  const uint32_t* far = nullptr;  // where near is null
  uint32_t count = 0;

  uint32_t operator[](uint32_t at) const { return near != nullptr ? near[at] : far[at]; }
  [[nodiscard]] bool Contain(uint64_t place) const;
};

class PostingList {
 public:
  /// The postings of a word that lie in one window. Postings are numbered through the list.
  struct Part {
    uint32_t window = 0;
    float share_max = 0;  ///< the greatest DocumentNorms::Share
    uint32_t first = 0;   ///< posting
  };

  /// `blocks` one after the other, block i ending at `ends[i]`; full but for the last one.
  /// ERRORS: Corruption unless they hold `count` postings of documents that `norms` knows, in order.
  static Result<std::shared_ptr<const PostingList>> Parse(std::vector<uint8_t> blocks, std::vector<uint32_t> ends,
                                                          uint32_t count, const DocumentNorms& norms);
  /// The same with where the words stand, if it is there. ERRORS: those, and Corruption for positions that do not fit
  /// the blocks.
  static Result<std::shared_ptr<const PostingList>> Parse(const WordPostings& postings, const DocumentNorms& norms);

  [[nodiscard]] uint32_t count() const { return count_; }
  /// By window, those that have a posting.
  [[nodiscard]] std::span<const Part> parts() const { return {parts_.data(), parts_.size() - 1}; }
  /// The part of a window, or null.
  [[nodiscard]] const Part* FindPart(uint32_t window) const;
  /// REQUIRES, as below: the part is one of parts().
  static uint32_t CountOf(const Part& part) { return (&part + 1)->first - part.first; }

  /// Whether the list is of bits.
  [[nodiscard]] bool is_dense() const { return !bits_.empty(); }
  /// Where in the window the documents of a part are, ascending. REQUIRES: not is_dense().
  [[nodiscard]] std::span<const uint16_t> Locals(const Part& part) const {
    return {locals_.data() + part.first, CountOf(part)};
  }
  /// Whether the document at `local` of the window holds the word. REQUIRES: is_dense().
  [[nodiscard]] bool Holds(const Part& part, uint32_t local) const {
    return (BitsOf(part)[local / 64] >> (local % 64) & 1) != 0;
  }
  /// The posting of a document that holds the word. REQUIRES: is_dense() and Holds().
  [[nodiscard]] uint32_t PostingAt(const Part& part, uint32_t local) const {
    const uint64_t before = BitsOf(part)[local / 64] & ((uint64_t{1} << (local % 64)) - 1);
    return part.first + ranks_[(size_t{part.window} << (window_bits_ - 6)) + local / 64] +
           static_cast<uint32_t>(std::popcount(before));
  }
  /// How often the document of a posting holds the word.
  [[nodiscard]] uint32_t Frequency(uint32_t posting) const {
    const uint32_t frequency = frequencies_[posting];
    return frequency < kWide ? frequency : WideFrequency(posting);
  }

  /// Calls `each(local, frequency)` for the postings of a part, documents ascending.
  template <class Each>
  void ForEach(const Part& part, Each each) const {
    const uint32_t end = (&part + 1)->first;
    uint32_t posting = part.first;
    if (!is_dense()) {
      for (; posting < end; posting++) each(locals_[posting], Frequency(posting));
      return;
    }
    const uint64_t* word = BitsOf(part);
    for (uint32_t base = 0; posting < end; base += 64)
      for (uint64_t bits = *word++; bits != 0; bits &= bits - 1)
        each(base + static_cast<uint32_t>(std::countr_zero(bits)), Frequency(posting++));
  }

  /// Calls `each(document, frequency)` for all of them, documents ascending.
  template <class Each>
  void ForEachDocument(Each each) const {
    for (const Part& part : parts()) {
      const uint32_t first = part.window << window_bits_;
      ForEach(part, [&](uint32_t local, uint32_t frequency) { each(first + local, frequency); });
    }
  }

  [[nodiscard]] uint32_t window_bits() const { return window_bits_; }
  [[nodiscard]] bool has_positions() const { return !place_firsts_.empty(); }
  /// Where the word stands in the document of a posting, ascending. REQUIRES: has_positions().
  [[nodiscard]] Places PlacesOf(uint32_t posting) const {
    const size_t first = FirstPlace(posting);
    const uint32_t count = Frequency(posting);
    return far_positions_.empty() ? Places{near_positions_.data() + first, nullptr, count}
                                  : Places{nullptr, far_positions_.data() + first, count};
  }

  /// The greatest of all parts.
  [[nodiscard]] float share_max() const { return share_max_; }
  /// What share_max was computed by.
  [[nodiscard]] const DocumentNorms& norms() const { return norms_; }
  [[nodiscard]] size_t size_bytes() const;

 private:
  static constexpr uint8_t kWide = 255;                      // a frequency that is in wide_
  static constexpr uint32_t kPlacesStep = sizeof(uint64_t);  // postings from one of place_firsts_ to the next
  static constexpr uint32_t kDenseShare = 16;  // a bit for each document where one in so many holds the word

  explicit PostingList(const DocumentNorms& norms) : norms_(norms), window_bits_(WindowBits(norms.size())) {}

  void Reserve(uint32_t count);
  void AddBlock(const PostingBlock& block, uint32_t count);
  Result<void> AddPositions(Bytes bytes, std::span<const uint32_t> frequencies);
  [[nodiscard]] const uint64_t* BitsOf(const Part& part) const {
    return bits_.data() + (size_t{part.window} << (window_bits_ - 6));
  }
  [[nodiscard]] uint32_t WideFrequency(uint32_t posting) const;
  [[nodiscard]] size_t FirstPlace(uint32_t posting) const;

  struct Wide {
    uint32_t posting = 0, frequency = 0;
  };

  DocumentNorms norms_;
  uint32_t window_bits_;
  std::vector<Part> parts_;  // by window, and a last one that is none
  float share_max_ = 0;
  uint32_t count_ = 0;
  std::vector<uint8_t> frequencies_;  // and a few zeros, so that they can be read eight at once
  std::vector<Wide> wide_;
  std::vector<uint16_t> locals_;  // of a list that is not dense
  std::vector<uint64_t> bits_;    // of a dense one, of whole windows
  std::vector<uint16_t> ranks_;   // bits set before each word of them, in the window

  // Positions are kept in 16 bits as long as all fit.
  std::vector<uint16_t> near_positions_;
  std::vector<uint32_t> far_positions_;
  std::vector<uint32_t> place_firsts_;  // of every kPlacesStep-th posting
};

}  // namespace squire::text
