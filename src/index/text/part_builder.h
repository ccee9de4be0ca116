#pragma once

/// Gathers the words of documents into one part of a full-text index: for each word the documents that hold it, packed.
/// Belongs to one thread. Memory grows with the postings: `size_bytes` tells when a part is better finished and the
/// next begun.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/text/document_norms.h"

namespace squire::text {

/// A finished part. Documents are numbered from 0 in the order in which they came; words ascend by their bytes.
struct IndexPart {
  std::vector<uint64_t> rows;     ///< of each document, its row's address
  std::vector<uint32_t> lengths;  ///< in words
  std::string word_bytes;
  std::vector<uint32_t> word_ends;        ///< in word_bytes
  std::vector<uint32_t> counts;           ///< documents that hold the word
  std::vector<float> scores_max;          ///< a bound of what one of them scores
  std::vector<uint8_t> blocks;            ///< of all words, in their order
  std::vector<uint32_t> block_ends;       ///< of each block, from the begin of its word's first one
  std::vector<uint64_t> word_block_ends;  ///< of each word: in block_ends
  std::vector<uint64_t> word_byte_ends;   ///< of each word: in blocks
  bool has_positions = false;
  std::vector<uint8_t> positions;            ///< of all words' blocks, in their order
  std::vector<uint32_t> position_ends;       ///< of each block, from the begin of its word's first one
  std::vector<uint64_t> word_position_ends;  ///< of each word: in positions

  [[nodiscard]] size_t num_words() const { return word_ends.size(); }
  [[nodiscard]] std::string_view word(size_t at) const {
    const size_t begin = at == 0 ? 0 : word_ends[at - 1];
    return std::string_view(word_bytes).substr(begin, word_ends[at] - begin);
  }
};

/// Appends words to a part whose documents are known, in the order of their bytes.
class WordEncoder {
 public:
  /// `norms` are those of the part's documents. REQUIRES: both outlive the encoder.
  WordEncoder(IndexPart& part, const DocumentNorms& norms);

  /// The documents that hold `word`, ascending, how often, and where, if the part has positions: as many as the sum of
  /// the frequencies. REQUIRES: at least one.
  void Add(std::string_view word, std::span<const uint32_t> documents, std::span<const uint32_t> frequencies,
           std::span<const uint32_t> positions);

 private:
  IndexPart& part_;
  const DocumentNorms& norms_;
};

class PartBuilder {
 public:
  explicit PartBuilder(bool with_positions = false);

  /// Counts a word of the document at hand, where it stands, `boost` times. REQUIRES: positions of one word do not
  /// descend within a document.
  void AddWord(std::string_view word, uint32_t position, uint32_t boost = 1);
  /// Counts the words of a field of the document at hand by the rules named kTokenizerName, without positions.
  /// REQUIRES: a builder without positions.
  void AddText(std::string_view text, uint32_t boost = 1);
  /// Whether the document at hand has a word. In indexes that other programs use those without are none, and do not
  /// count in the statistics.
  [[nodiscard]] bool has_words() const { return !touched_.empty(); }
  /// The document is whole: the one of row `row`.
  void EndDocument(uint64_t row);

  [[nodiscard]] size_t num_documents() const { return rows_.size(); }
  [[nodiscard]] size_t size_bytes() const;

  /// The part; the builder is empty again.
  IndexPart Finish();

 private:
  struct Posting {
    uint32_t word = 0, document = 0, frequency = 0;
  };
  struct Sorted;

  uint32_t NumberOf(std::string_view word);
  void GatherPositions();
  Sorted SortPostings();
  void GrowSlots();
  [[nodiscard]] std::string_view WordAt(uint32_t number) const {
    const size_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(bytes_).substr(begin, ends_[number] - begin);
  }

  std::string bytes_;  // of all words, in the order of their first sight
  std::vector<uint32_t> ends_;
  std::vector<uint32_t> hashes_;
  std::vector<uint32_t> slots_;  // word number + 1, or 0

  std::vector<uint32_t> frequencies_;  // by word, of the document at hand
  std::vector<uint32_t> touched_;
  uint64_t length_ = 0;
  bool with_positions_ = false;
  std::vector<std::pair<uint32_t, uint32_t>> places_;  // words and positions of the document at hand
  std::vector<uint32_t> offsets_;                      // by word: where its next position goes

  std::vector<Posting> postings_;    // by document
  std::vector<uint32_t> positions_;  // of postings_, in their order, as many as their frequencies
  std::vector<uint64_t> rows_;
  std::vector<uint32_t> lengths_;
};

}  // namespace squire::text
