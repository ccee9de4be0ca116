#include "index/text/text_part.h"

#include <numeric>

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
      has_positions_(has_positions) {}

std::shared_ptr<const TextPart> TextPart::Make(IndexPart part) {
  const bool has_positions = part.has_positions;
  return std::make_shared<const MemoryPart>(std::move(part), has_positions);
}

size_t TextPart::LowerBound(std::string_view word) const {
  size_t low = 0, high = num_words();
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
               words_.position_ends, words_.word_position_ends);
}

}  // namespace squire::text
