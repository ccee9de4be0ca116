#include "lance/fsst_encoder.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/bytes.h"

namespace squire::lance {
namespace {

constexpr uint8_t kEscape = 255;
constexpr size_t kSymbolsMax = 255;
constexpr size_t kSymbolBytesMax = 8;
constexpr size_t kTableBytes = 8 + 256 * kSymbolBytesMax + 256;
constexpr int kGenerations = 5;
constexpr size_t kSampleBytes = 16 << 10;
constexpr size_t kSampleTextBytesMax = 512;  // of one text: others have their say

constexpr uint64_t MaskOf(size_t size) { return size >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1; }

size_t BucketOf(uint64_t bytes, size_t buckets) {
  return static_cast<size_t>((bytes & MaskOf(3)) * 0x9e3779b97f4a7c15u >> 40) & (buckets - 1);
}

/// Pieces from all over the texts.
std::string SampleOf(std::span<const std::string_view> texts) {
  std::string sample;
  if (texts.empty()) return sample;
  const size_t pieces = std::min(texts.size(), kSampleBytes / 64);
  const size_t piece_bytes = std::max(kSampleTextBytesMax, kSampleBytes / pieces);
  for (size_t i = 0; i < pieces && sample.size() < kSampleBytes; i++) {
    const std::string_view text = texts[i * texts.size() / pieces];
    // From another place of each, for texts often begin alike.
    const size_t begin = text.size() <= piece_bytes ? 0 : (i * 7919) % (text.size() - piece_bytes);
    sample += text.substr(begin, piece_bytes);
  }
  return sample;
}

/// Up to 8 bytes from `at` on, zeros behind the end.
uint64_t NextOf(std::string_view text, size_t at) {
  uint64_t next = 0;
  if (text.size() - at >= 8)
    std::memcpy(&next, text.data() + at, 8);
  else
    std::memcpy(&next, text.data() + at, text.size() - at);
  return next;
}

}  // namespace

FsstEncoder::FsstEncoder(std::vector<Symbol> symbols) : symbols_(std::move(symbols)), of_two_(1 << 16, {kEscape, 1}) {
  std::vector<uint8_t> order;
  for (size_t code = 0; code < symbols_.size(); code++) {
    const Symbol& symbol = symbols_[code];
    const Match match{static_cast<uint8_t>(code), symbol.size};
    if (symbol.size == 1) {
      for (size_t second = 0; second < 256; second++)
        if (Match& at = of_two_[symbol.bytes | second << 8]; at.size < 2) at = match;
    } else if (symbol.size == 2) {
      of_two_[symbol.bytes] = match;
    } else {
      order.push_back(match.code);
    }
  }
  std::ranges::sort(order, [&](uint8_t a, uint8_t b) {
    const size_t x = BucketOf(symbols_[a].bytes, kBuckets), y = BucketOf(symbols_[b].bytes, kBuckets);
    return x != y ? x < y : symbols_[a].size > symbols_[b].size;
  });
  bucket_ends_.resize(kBuckets);
  for (const uint8_t code : order) bucket_ends_[BucketOf(symbols_[code].bytes, kBuckets)]++;
  for (size_t i = 1; i < kBuckets; i++) bucket_ends_[i] = static_cast<uint16_t>(bucket_ends_[i] + bucket_ends_[i - 1]);
  long_codes_ = std::move(order);
}

FsstEncoder::Match FsstEncoder::Find(uint64_t next, size_t left) const {
  const size_t bucket = BucketOf(next, kBuckets);
  for (size_t i = bucket == 0 ? 0 : bucket_ends_[bucket - 1]; i < bucket_ends_[bucket]; i++) {
    const Symbol& symbol = symbols_[long_codes_[i]];
    if (symbol.size <= left && (next & MaskOf(symbol.size)) == symbol.bytes) return {long_codes_[i], symbol.size};
  }
  const Match match = of_two_[next & 0xffff];
  if (match.size <= left) return match;
  return of_two_[(next & 0xff) | 0xff00].size < 2 ? of_two_[(next & 0xff) | 0xff00] : Match{kEscape, 1};
}

void FsstEncoder::Encode(std::string_view text, std::vector<uint8_t>& out) const {
  for (size_t at = 0; at < text.size();) {
    const Match match = Find(NextOf(text, at), text.size() - at);
    out.push_back(match.code);
    if (match.code == kEscape) out.push_back(static_cast<uint8_t>(text[at]));
    at += match.size;
  }
}

/// The symbols, and pairs of them side by side, that would have saved most of the sample.
FsstEncoder FsstEncoder::Improve(const FsstEncoder& table, std::string_view sample) {
  struct Hash {
    size_t operator()(const Symbol& symbol) const { return (symbol.bytes + symbol.size) * 0x9e3779b97f4a7c15u; }
  };
  std::unordered_map<Symbol, uint64_t, Hash> gains;
  Symbol before;
  for (size_t at = 0; at < sample.size();) {
    const uint64_t next = NextOf(sample, at);
    const Match match = table.Find(next, sample.size() - at);
    const Symbol symbol{next & MaskOf(match.size), match.size};
    // A byte alone that is a symbol saves its escape.
    gains[symbol] += symbol.size == 1 ? 8 : symbol.size;
    const size_t joined = size_t{before.size} + symbol.size;
    if (before.size > 0) {
      const size_t size = std::min(joined, kSymbolBytesMax);
      const uint64_t bytes = (before.bytes | (before.size == 8 ? 0 : symbol.bytes << (8 * before.size))) & MaskOf(size);
      if (size > before.size) gains[{bytes, static_cast<uint8_t>(size)}] += size;
    }
    before = symbol;
    at += match.size;
  }
  std::vector<std::pair<uint64_t, Symbol>> best;
  best.reserve(gains.size());
  for (const auto& [symbol, gain] : gains) best.emplace_back(gain, symbol);
  const auto is_better = [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first > b.first;
    return a.second.size != b.second.size ? a.second.size > b.second.size : a.second.bytes < b.second.bytes;
  };
  const size_t kept = std::min(best.size(), kSymbolsMax);
  std::ranges::partial_sort(best, best.begin() + static_cast<ptrdiff_t>(kept), is_better);
  std::vector<Symbol> symbols;
  for (size_t i = 0; i < kept; i++) symbols.push_back(best[i].second);
  return FsstEncoder(std::move(symbols));
}

std::optional<FsstEncoder> FsstEncoder::Train(std::span<const std::string_view> texts) {
  const std::string sample = SampleOf(texts);
  if (sample.empty()) return std::nullopt;
  FsstEncoder table({});
  for (int i = 0; i < kGenerations; i++) table = Improve(table, sample);
  std::vector<uint8_t> codes;
  table.Encode(sample, codes);
  if (codes.size() > sample.size() * 3 / 4) return std::nullopt;
  return table;
}

std::string FsstEncoder::SymbolTable() const {
  // u8 symbols, u8 terminator, u8 suffix limit, u8 encoder switch, "TSSF", symbols x 8 bytes, symbols x u8 sizes
  std::vector<uint8_t> out = {static_cast<uint8_t>(symbols_.size()), 0, 0, 1};
  for (const char mark : std::string_view("TSSF")) out.push_back(static_cast<uint8_t>(mark));
  for (const Symbol& symbol : symbols_) Put<uint64_t>(out, symbol.bytes);
  for (const Symbol& symbol : symbols_) out.push_back(symbol.size);
  out.resize(kTableBytes);  // readers want room for 256 of them
  return std::string(out.begin(), out.end());
}

}  // namespace squire::lance
