#pragma once

/// TextPart: one part of a full-text index, open: its documents, its words in the order of their bytes, and on demand
/// the postings of each. On disk or of rows in memory, all the same to who searches it. Immutable; safe to share
/// between threads.

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "index/text/part_builder.h"
#include "squire/result.h"

namespace squire::text {

/// The documents that hold a word, as they are stored: what PostingList::Parse takes.
struct WordPostings {
  std::vector<uint8_t> blocks;       ///< one after the other, full but for the last one
  std::vector<uint32_t> block_ends;  ///< in blocks
  uint32_t count = 0;
  std::vector<uint8_t> positions;       ///< of each block's documents; empty where the part has none
  std::vector<uint32_t> position_ends;  ///< in positions, of each block
};

class TextPart {
 public:
  virtual ~TextPart() = default;
  /// Of rows in memory.
  static std::shared_ptr<const TextPart> Make(IndexPart part);

  [[nodiscard]] uint32_t num_documents() const { return static_cast<uint32_t>(rows().size()); }
  /// Sum of lengths().
  [[nodiscard]] uint64_t total_words() const { return total_words_; }
  /// Of each document, its row's address.
  [[nodiscard]] std::span<const uint64_t> rows() const { return words_.rows; }
  /// Of each document, in words.
  [[nodiscard]] std::span<const uint32_t> lengths() const { return words_.lengths; }
  [[nodiscard]] bool has_positions() const { return has_positions_; }

  [[nodiscard]] size_t num_words() const { return words_.num_words(); }
  /// Ascending by bytes: the words of a prefix are neighbours.
  [[nodiscard]] std::string_view word(size_t at) const { return words_.word(at); }
  /// The first word that is not below `word`; num_words() where all are.
  [[nodiscard]] size_t LowerBound(std::string_view word) const;
  [[nodiscard]] std::optional<uint32_t> Find(std::string_view word) const;
  /// Documents that hold it.
  [[nodiscard]] uint32_t count(size_t at) const { return words_.counts[at]; }
  /// Read anew at every call where the part is on disk. ERRORS: Corruption, Io; those of opening a file.
  [[nodiscard]] virtual Result<WordPostings> Postings(size_t at) const = 0;
  /// Those of `count` words from `first` on, for who reads them all.
  [[nodiscard]] virtual Result<std::vector<WordPostings>> ReadPostings(size_t first, size_t count) const;

  /// What the part holds in memory.
  [[nodiscard]] size_t memory_bytes() const;

 protected:
  /// `words` without what Postings gets elsewhere.
  TextPart(IndexPart words, bool has_positions);

  IndexPart words_;

 private:
  /// The first bytes of a word, as a number in the order of words.
  static uint64_t FrontOf(std::string_view word);

  static constexpr size_t kFrontsStep = 8;
  std::vector<uint64_t> fronts_;  // of every kFrontsStep-th word
  uint64_t total_words_ = 0;
  bool has_positions_ = false;
};

}  // namespace squire::text
