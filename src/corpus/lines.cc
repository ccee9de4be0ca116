#include "corpus/lines.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace squire::corpus {
namespace {

/// Mean WordPiece tokens, in hundredths, of a word of that many letters and digits; found by tokenizing 900,000 words
/// of C and Python headers and sources, JavaScript and Markdown.
constexpr std::array<uint16_t, 17> kWordCentis = {0,   100, 109, 124, 121, 138, 136, 169, 170,
                                                  194, 194, 218, 261, 270, 298, 319, 440};
constexpr uint32_t kLongLetterCentis = 38;    // each letter beyond 16
constexpr uint32_t kBeyondAsciiCentis = 45;   // a byte of a two-byte letter or of a CJK character
constexpr uint32_t kPunctuationCentis = 100;  // '_' too: BERT splits there

enum Kind : uint8_t { kSpace, kWord, kMark, kHigh };

constexpr std::array<uint8_t, 256> MakeKinds() {
  std::array<uint8_t, 256> kinds = {};
  for (int c = 0; c < 256; ++c) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    kinds[c] = c >= 128 ? kHigh : c <= 32 || c == 127 ? kSpace : word ? kWord : kMark;
  }
  return kinds;
}
constexpr auto kKinds = MakeKinds();

uint32_t WordCentis(size_t length) {
  if (length < kWordCentis.size()) return kWordCentis[length];
  return kWordCentis.back() + static_cast<uint32_t>(std::min<size_t>(length, 100) - 16) * kLongLetterCentis;
}

}  // namespace

uint64_t EstimateTokenCentis(std::string_view text) {
  uint64_t centis = 0;
  size_t word = 0;
  for (const char c : text) {
    const uint8_t kind = kKinds[static_cast<unsigned char>(c)];
    if (kind == kWord) {
      ++word;
      continue;
    }
    if (word != 0) centis += WordCentis(word);
    word = 0;
    if (kind == kMark) centis += kPunctuationCentis;
    if (kind == kHigh) centis += kBeyondAsciiCentis;
  }
  return centis + (word != 0 ? WordCentis(word) : 0);
}

Lines::Lines(std::string_view text) : text_(text) {
  starts_.push_back(0);
  centis_.push_back(0);
  for (size_t at = 0; at < text.size();) {
    const void* newline = std::memchr(text.data() + at, '\n', text.size() - at);
    const size_t end = newline ? static_cast<size_t>(static_cast<const char*>(newline) - text.data()) : text.size();
    const std::string_view line = text.substr(at, end - at);
    blank_.push_back(TrimBlanks(line).empty());
    centis_.push_back(centis_.back() + EstimateTokenCentis(line));
    at = newline ? end + 1 : end;
    starts_.push_back(static_cast<uint32_t>(at));
  }
}

std::string_view Lines::Line(uint32_t line) const { return Range(line, line); }

std::string_view Lines::Range(uint32_t first, uint32_t last) const {
  std::string_view out = text_.substr(starts_[first], starts_[last + 1] - starts_[first]);
  if (out.ends_with('\n')) out.remove_suffix(1);
  if (out.ends_with('\r')) out.remove_suffix(1);
  return out;
}

uint32_t Lines::Indent(uint32_t line) const {
  uint32_t columns = 0;
  for (const char c : Line(line)) {
    if (c != ' ' && c != '\t') break;
    columns += c == '\t' ? 4 : 1;
  }
  return columns;
}

std::string_view TrimBlanks(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace squire::corpus
