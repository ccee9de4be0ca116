#pragma once

/// The WordPiece tokenizer of uncased BERT models: text in, the ids of its word pieces out.
///
/// Cleaning, lower case, accents, CJK spacing and punctuation follow BERT's basic tokenizer, the greedy longest match
/// its WordPiece (Devlin et al. 2018, the released tokenization code). Names of special tokens in a text ("[SEP]") are
/// plain text here: what is indexed cannot speak to the model. Immutable once parsed; any number of threads may encode
/// at once.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/try.h"

namespace squire::embed {

/// Named in the fingerprint of an index; goes up when any text's ids change.
inline constexpr int kWordPieceVersion = 1;

class WordPiece {
 public:
  /// Reads a vocab.txt: one piece a line, its id the line's number from 0, "##" before one that continues a word.
  /// ERRORS: InvalidArgument when [UNK], [CLS], [SEP] or [PAD] is missing or a limit (65,536 pieces, 4 MiB) is passed.
  static Result<WordPiece> Parse(std::string_view vocabulary);

  /// Appends [CLS], the text's pieces and [SEP] to `ids`, at most `max_tokens` in all (REQUIRES: >= 2); the rest of the
  /// text is left unread. Bytes that are not UTF-8 are skipped. Returns whether something was cut off.
  bool Encode(std::string_view text, size_t max_tokens, std::vector<uint32_t>& ids) const;

  [[nodiscard]] size_t size() const { return piece_count_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kMaxWordChars = 100;  ///< A longer word is unknown as a whole (BERT's limit).

  class Cursor;

  /// A trie over the pieces' bytes; edges live in one open-addressing table, keyed by (node, byte).
  struct Edge {
    uint32_t key = kNone;  ///< node << 8 | byte
    uint32_t child = 0;
  };

  [[nodiscard]] uint32_t Child(uint32_t node, uint8_t byte) const;
  Result<void> Insert(std::string_view piece, uint32_t id);
  [[nodiscard]] uint32_t Find(std::string_view piece) const;
  void AppendWord(std::string_view word, std::vector<uint32_t>& ids) const;

  std::vector<Edge> edges_;      ///< A power of two of them, more than the vocabulary has bytes.
  std::vector<uint32_t> id_of_;  ///< By node: the piece that ends here, or kNone.
  uint32_t continuation_ = 0;    ///< The node after "##".
  uint32_t unknown_ = 0;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  size_t piece_count_ = 0;
};

}  // namespace squire::embed
