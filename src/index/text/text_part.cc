#include "index/text/text_part.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

#include "base/bytes.h"
#include "base/try.h"

namespace squire::text {
namespace {

class MemoryPart final : public TextPart {
 public:
  explicit MemoryPart(IndexPart part, bool has_positions) : TextPart(std::move(part), has_positions) {}

  [[nodiscard]] Result<WordPostings> Postings(size_t at) const override {
    const auto cut = [at](const auto& all, const std::vector<uint64_t>& ends) {
      const auto begin = static_cast<ptrdiff_t>(at == 0 ? 0 : ends[at - 1]);
      return std::decay_t<decltype(all)>(all.begin() + begin, all.begin() + static_cast<ptrdiff_t>(ends[at]));
    };
    WordPostings out;
    out.count = words_.counts[at];
    out.blocks = cut(words_.blocks, words_.word_byte_ends);
    out.block_ends = cut(words_.block_ends, words_.word_block_ends);
    if (!has_positions()) return out;
    out.positions = cut(words_.positions, words_.word_position_ends);
    out.position_ends = cut(words_.position_ends, words_.word_block_ends);
    return out;
  }
};

}  // namespace

TextPart::TextPart(IndexPart words, bool has_positions)
    : words_(std::move(words)),
      total_words_(std::accumulate(words_.lengths.begin(), words_.lengths.end(), uint64_t{0})),
      has_positions_(has_positions) {
  fronts_.reserve(CeilDiv(num_words(), kFrontsStep));
  for (size_t at = 0; at < num_words(); at += kFrontsStep) fronts_.push_back(FrontOf(word(at)));
}

uint64_t TextPart::FrontOf(std::string_view word) {
  std::array<char, sizeof(uint64_t)> bytes{};
  std::memcpy(bytes.data(), word.data(), std::min(word.size(), bytes.size()));
  auto front = std::bit_cast<uint64_t>(bytes);
  if constexpr (std::endian::native == std::endian::little) front = std::byteswap(front);
  return front;
}

std::shared_ptr<const TextPart> TextPart::Make(IndexPart part) {
  const bool has_positions = part.has_positions;
  return std::make_shared<const MemoryPart>(std::move(part), has_positions);
}

size_t TextPart::LowerBound(std::string_view word) const {
  // Between the last word that begins with less and the first that begins with more: fronts lie closer together than
  // words, and equal ones say nothing.
  const uint64_t front = FrontOf(word);
  const auto less = std::ranges::lower_bound(fronts_, front);
  const bool is_alone = less == fronts_.end() || *less != front;
  const auto more = is_alone ? less : std::upper_bound(less, fronts_.end(), front);
  const auto begin = static_cast<size_t>(less - fronts_.begin()), end = static_cast<size_t>(more - fronts_.begin());
  size_t low = begin == 0 ? 0 : (begin - 1) * kFrontsStep, high = std::min(num_words(), end * kFrontsStep);
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (this->word(middle) < word)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

Result<std::vector<WordPostings>> TextPart::ReadPostings(size_t first, size_t count) const {
  std::vector<WordPostings> out;
  for (size_t at = first; at < first + count; at++) out.push_back(TRY(Postings(at)));
  return out;
}

std::optional<uint32_t> TextPart::Find(std::string_view word) const {
  const size_t at = LowerBound(word);
  if (at == num_words() || this->word(at) != word) return std::nullopt;
  return static_cast<uint32_t>(at);
}

size_t TextPart::memory_bytes() const {
  const auto bytes = [](const auto&... all) { return ((all.capacity() * sizeof(all[0])) + ...); };
  return bytes(words_.rows, words_.lengths, words_.word_bytes, words_.word_ends, words_.counts, words_.scores_max,
               words_.blocks, words_.block_ends, words_.word_block_ends, words_.word_byte_ends, words_.positions,
               words_.position_ends, words_.word_position_ends, fronts_);
}

}  // namespace squire::text
