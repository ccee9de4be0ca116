#include "embed/wordpiece.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "embed/unicode_fold.h"

namespace squire::embed {
namespace {

constexpr size_t kMaxVocabularyBytes = 4 << 20;
constexpr size_t kMaxPieces = 65536;
constexpr uint32_t kMaxNodes = 1 << 24;  // a node's number and a byte share 32 bits

enum AsciiKind : uint8_t { kDrop, kBreak, kMark, kKeep };

/// What each ASCII byte is, and its lower case.
struct AsciiTable {
  std::array<uint8_t, 128> kind{};
  std::array<char, 128> lower{};

  constexpr AsciiTable() {
    for (size_t c = 0; c < 128; ++c) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      kind[c] = letter ? kKeep : space ? kBreak : (c < 32 || c == 127) ? kDrop : kMark;
      lower[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
  }
};
constexpr AsciiTable kAscii;

uint32_t HashKey(uint32_t key) {
  key *= 0x9E3779B1U;
  return key ^ (key >> 15);
}

}  // namespace

/// Parts a text into folded words, one at a time.
class WordPiece::Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  /// The next word, or false at the end. A word of more than kMaxWordChars characters is reported by long_word().
  bool Next() {
    word_.clear();
    chars_ = 0;
    while (position_ < text_.size()) {
      const auto byte = static_cast<uint8_t>(text_[position_]);
      const bool ends_word = byte < 128 ? StepAscii(byte) : StepUnicode();
      if (ends_word) return true;
    }
    return chars_ > 0;
  }

  [[nodiscard]] std::string_view word() const { return word_; }
  [[nodiscard]] bool long_word() const { return chars_ > kMaxWordChars; }

 private:
  /// True when a word is complete. Punctuation ends a word without being read, and is a word when none is begun.
  bool StepAscii(uint8_t byte) {
    switch (kAscii.kind[byte]) {
      case kKeep:
        ++position_;
        if (++chars_ <= kMaxWordChars) word_.push_back(kAscii.lower[byte]);
        return false;
      case kBreak: ++position_; return chars_ > 0;
      case kMark:
        if (chars_ > 0) return true;
        ++position_;
        word_.push_back(static_cast<char>(byte));
        chars_ = 1;
        return true;
      default: ++position_; return false;
    }
  }

  bool StepUnicode() {
    const size_t before = position_;
    const int32_t codepoint = NextCodepoint(text_, position_);
    if (codepoint < 0) return false;
    CharKind kind = KindOf(codepoint);
    if (kind == CharKind::kDropped) return false;
    if (kind == CharKind::kSpace) return chars_ > 0;
    const size_t old_size = word_.size();
    AppendFolded(codepoint, word_);
    // Some signs are ASCII punctuation once their stroke is gone: U+2260 (not equal) becomes '='.
    if (word_.size() == old_size + 1 && KindOf(word_.back()) == CharKind::kPunctuation) kind = CharKind::kPunctuation;
    if (kind != CharKind::kLetter && chars_ > 0) {
      word_.resize(old_size);
      position_ = before;
      return true;
    }
    for (size_t i = old_size; i < word_.size(); ++i) chars_ += (static_cast<uint8_t>(word_[i]) & 0xC0) != 0x80;
    if (chars_ > kMaxWordChars) word_.resize(old_size);
    return kind != CharKind::kLetter && chars_ > 0;
  }

  std::string_view text_;
  size_t position_ = 0;
  std::string word_;
  size_t chars_ = 0;
};

Result<WordPiece> WordPiece::Parse(std::string_view vocabulary) {
  if (vocabulary.size() > kMaxVocabularyBytes) return InvalidArgument("the vocabulary is larger than 4 MiB");
  WordPiece out;
  out.edges_.resize(std::bit_ceil(vocabulary.size() + 64));
  out.id_of_.reserve(vocabulary.size() / 2);
  out.id_of_.push_back(kNone);
  uint32_t id = 0;
  for (size_t at = 0; at < vocabulary.size(); ++id) {
    const size_t stop = std::min(vocabulary.find('\n', at), vocabulary.size());
    std::string_view piece = vocabulary.substr(at, stop - at);
    if (piece.ends_with('\r')) piece.remove_suffix(1);
    if (id >= kMaxPieces) return InvalidArgument("the vocabulary has more than 65,536 pieces");
    if (!piece.empty()) TRY(out.Insert(piece, id));
    at = stop + 1;
  }
  out.piece_count_ = id;
  out.unknown_ = out.Find("[UNK]");
  out.begin_ = out.Find("[CLS]");
  out.end_ = out.Find("[SEP]");
  if (out.unknown_ == kNone || out.begin_ == kNone || out.end_ == kNone || out.Find("[PAD]") == kNone) {
    return InvalidArgument("the vocabulary lacks one of [UNK], [CLS], [SEP], [PAD]");
  }
  const uint32_t first = out.Child(0, '#');
  out.continuation_ = first == kNone ? kNone : out.Child(first, '#');
  return out;
}

uint32_t WordPiece::Child(uint32_t node, uint8_t byte) const {
  const uint32_t key = node << 8 | byte;
  const size_t mask = edges_.size() - 1;
  for (size_t slot = HashKey(key) & mask;; slot = (slot + 1) & mask) {
    if (edges_[slot].key == key) return edges_[slot].child;
    if (edges_[slot].key == kNone) return kNone;
  }
}

Result<void> WordPiece::Insert(std::string_view piece, uint32_t id) {
  uint32_t node = 0;
  const size_t mask = edges_.size() - 1;
  for (const char c : piece) {
    const uint32_t key = node << 8 | static_cast<uint8_t>(c);
    size_t slot = HashKey(key) & mask;
    while (edges_[slot].key != key && edges_[slot].key != kNone) slot = (slot + 1) & mask;
    if (edges_[slot].key == kNone) {
      if (id_of_.size() >= kMaxNodes - 1) return InvalidArgument("the vocabulary has too many distinct prefixes");
      edges_[slot] = {key, static_cast<uint32_t>(id_of_.size())};
      id_of_.push_back(kNone);
    }
    node = edges_[slot].child;
  }
  if (id_of_[node] == kNone) id_of_[node] = id;
  return {};
}

uint32_t WordPiece::Find(std::string_view piece) const {
  uint32_t node = 0;
  for (const char c : piece) {
    node = Child(node, static_cast<uint8_t>(c));
    if (node == kNone) return kNone;
  }
  return id_of_[node];
}

void WordPiece::AppendWord(std::string_view word, std::vector<uint32_t>& ids) const {
  const size_t before = ids.size();
  size_t at = 0;
  while (at < word.size()) {
    uint32_t node = at == 0 ? 0 : continuation_;
    uint32_t best = kNone;
    size_t best_end = at;
    for (size_t i = at; i < word.size() && node != kNone; ++i) {
      node = Child(node, static_cast<uint8_t>(word[i]));
      if (node != kNone && id_of_[node] != kNone) {
        best = id_of_[node];
        best_end = i + 1;
      }
    }
    if (best == kNone) {
      ids.resize(before);
      ids.push_back(unknown_);
      return;
    }
    ids.push_back(best);
    at = best_end;
  }
}

bool WordPiece::Encode(std::string_view text, size_t max_tokens, std::vector<uint32_t>& ids) const {
  const size_t limit = ids.size() + max_tokens - 1;  // the last one is [SEP]
  ids.push_back(begin_);
  Cursor cursor(text);
  bool cut = false;
  while (cursor.Next()) {
    if (ids.size() >= limit) {
      cut = true;
      break;
    }
    if (cursor.long_word()) {
      ids.push_back(unknown_);
    } else {
      AppendWord(cursor.word(), ids);
      if (ids.size() > limit) {
        ids.resize(limit);
        cut = true;
        break;
      }
    }
  }
  ids.push_back(end_);
  return cut;
}

}  // namespace squire::embed
