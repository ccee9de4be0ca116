#include "index/text/words.h"

#include <cstring>

#include "index/text/chars.h"

namespace squire::text {

namespace {

// A word as it grows. Once a character has not fitted, nothing more does.
class WordBuffer {
 public:
  void Append(std::string_view folded) {
    if (full_ || size_ + folded.size() > kMaxWordBytes) {
      full_ = true;
      return;
    }
    std::memcpy(bytes_ + size_, folded.data(), folded.size());
    size_ += folded.size();
  }
  void Append(char folded) {
    if (full_ || size_ == kMaxWordBytes) {
      full_ = true;
    } else {
      bytes_[size_++] = folded;
    }
  }
  void Clear() {
    size_ = 0;
    full_ = false;
  }
  [[nodiscard]] std::string_view view() const { return {bytes_, size_}; }

 private:
  char bytes_[kMaxWordBytes];
  size_t size_ = 0;
  bool full_ = false;
};

class Reader {
 public:
  Reader(std::string_view text, WordSink sink, void* context) : text_(text), sink_(sink), context_(context) {}

  void Run() {
    Char next;
    bool more = Read(&next);
    while (more) {
      const Char current = next;
      more = Read(&next);
      Take(current, more ? next.kind : CharKind::kSeparator);
    }
    EndIdentifier();
  }

 private:
  // The next character that counts.
  bool Read(Char* out) {
    while (position_ < text_.size()) {
      *out = ReadChar(text_.data() + position_, text_.size() - position_);
      position_ += out->size_bytes;
      if (out->kind != CharKind::kIgnored) return true;
    }
    return false;
  }

  void Take(const Char& current, CharKind following) {
    switch (current.kind) {
      case CharKind::kSeparator: EndIdentifier(); break;
      case CharKind::kUnderscore: EndPart(); break;
      case CharKind::kUnspaced: TakeUnspaced(current); return;
      default: TakeLetter(current, following); break;
    }
    unspaced_size_ = 0;
    previous_ = current.kind;
  }

  void TakeLetter(const Char& current, CharKind following) {
    // parseHttp: before H. HTTPServer, utf8Decode: before the last capital of a run, or one after a digit, that a
    // small letter follows.
    if (current.kind == CharKind::kUpper &&
        (previous_ == CharKind::kLower ||
         ((previous_ == CharKind::kUpper || previous_ == CharKind::kDigit) && following == CharKind::kLower))) {
      EndPart();
    }
    if (current.code_point < 0x80) {
      const bool capital = current.kind == CharKind::kUpper;
      const auto letter = static_cast<char>(capital ? current.code_point | 0x20 : current.code_point);
      part_.Append(letter);
      whole_.Append(letter);
      return;
    }
    char folded[kMaxFoldedBytes];
    const std::string_view bytes(folded, Fold(current, folded));
    part_.Append(bytes);
    whole_.Append(bytes);
  }

  void TakeUnspaced(const Char& current) {
    EndIdentifier();
    char folded[kMaxFoldedBytes];
    const size_t size = Fold(current, folded);
    if (size == 0 || size > kMaxWordBytes - kMaxFoldedBytes) return;
    sink_(context_, {folded, size}, WordKind::kPart);
    if (unspaced_size_ > 0) {
      std::memcpy(pair_ + unspaced_size_, folded, size);
      sink_(context_, {pair_, unspaced_size_ + size}, WordKind::kPair);
    }
    std::memcpy(pair_, folded, size);
    unspaced_size_ = size;
    previous_ = CharKind::kUnspaced;
  }

  void EndPart() {
    if (part_.view().empty()) return;
    sink_(context_, part_.view(), WordKind::kPart);
    part_.Clear();
    ++parts_;
  }

  void EndIdentifier() {
    EndPart();
    if (parts_ > 1) sink_(context_, whole_.view(), WordKind::kWhole);
    parts_ = 0;
    whole_.Clear();
  }

  std::string_view text_;
  WordSink sink_;
  void* context_;
  size_t position_ = 0;
  CharKind previous_ = CharKind::kSeparator;
  WordBuffer part_;
  WordBuffer whole_;
  size_t parts_ = 0;
  char pair_[2 * kMaxFoldedBytes];  // begins with the unspaced character just read
  size_t unspaced_size_ = 0;
};

}  // namespace

void ReadWords(std::string_view text, WordSink sink, void* context) { Reader(text, sink, context).Run(); }

}  // namespace squire::text
