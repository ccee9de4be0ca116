#pragma once

/// The documents of one part of an index that hold a word, ready to be searched: its blocks as they are stored, and for
/// each window of documents how much one of it scores at most. Immutable; safe to share between threads.
/// Source: Mackenzie, Petri and Moffat, "Anytime Ranking on Document-Ordered Indexes", 2022 (bounds by range).

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/text/document_norms.h"
#include "index/text/posting_codec.h"
#include "index/text/text_part.h"

namespace squire::text {

/// Documents are searched by windows of 2^WindowBits of them: some hundred in all, and none under 1,024 documents.
uint32_t WindowBits(uint32_t num_documents);

class PostingList {
 public:
  /// The postings of a word that lie in one window.
  struct Part {
    uint32_t window = 0;
    float share_max = 0;  ///< the greatest DocumentNorms::Share
    uint32_t block = 0;   ///< where the first of them is
  };

  /// `blocks` one after the other, block i ending at `ends[i]`; full but for the last one.
  /// ERRORS: Corruption unless they hold `count` postings of documents that `norms` knows, in order.
  static Result<std::shared_ptr<const PostingList>> Parse(std::vector<uint8_t> blocks, std::vector<uint32_t> ends,
                                                          uint32_t count, const DocumentNorms& norms);
  /// The same with where the words stand, if it is there. ERRORS: those, and Corruption for positions that do not fit
  /// the blocks; what they say is looked at when it is asked for.
  static Result<std::shared_ptr<const PostingList>> Parse(WordPostings postings, const DocumentNorms& norms);

  [[nodiscard]] uint32_t count() const { return count_; }
  [[nodiscard]] std::span<const Part> parts() const { return parts_; }
  [[nodiscard]] uint32_t num_blocks() const { return static_cast<uint32_t>(ends_.size()); }
  [[nodiscard]] uint32_t block_count(uint32_t block) const {
    return block + 1 < num_blocks() ? kBlockDocuments : count_ - block * kBlockDocuments;
  }
  [[nodiscard]] uint32_t first_document(uint32_t block) const { return firsts_[block]; }
  void Decode(uint32_t block, PostingBlock& out) const {
    DecodeTrustedBlock(blocks_.data() + (block == 0 ? 0 : ends_[block - 1]), block_count(block), out);
  }
  /// The last block whose first document is not after `document`; 0 when there is none.
  [[nodiscard]] uint32_t BlockOf(uint32_t document) const;

  [[nodiscard]] bool has_positions() const { return !position_ends_.empty(); }
  /// Where the word stands in the document that is number `at` of a block. ERRORS: Corruption.
  Result<void> DecodePositionsOf(uint32_t block, const PostingBlock& decoded, uint32_t at,
                                 std::vector<uint32_t>& out) const;

  /// What share_max was computed by.
  [[nodiscard]] const DocumentNorms& norms() const { return norms_; }
  [[nodiscard]] size_t size_bytes() const {
    return sizeof(*this) + blocks_.size() + 2 * ends_.size() * sizeof(uint32_t) + parts_.size() * sizeof(Part) +
           positions_.size() + position_ends_.size() * sizeof(uint32_t);
  }

 private:
  explicit PostingList(const DocumentNorms& norms) : norms_(norms) {}

  DocumentNorms norms_;
  std::vector<uint8_t> blocks_;
  std::vector<uint32_t> ends_, firsts_;  // of blocks
  std::vector<Part> parts_;              // by window
  std::vector<uint8_t> positions_;
  std::vector<uint32_t> position_ends_;  // of blocks
  uint32_t count_ = 0;
};

}  // namespace squire::text
