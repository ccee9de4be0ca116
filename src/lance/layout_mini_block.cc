// Pages of small values in chunks of a few KiB: read by chunk, found through the chunk words of buffer 0.

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "lance/codec.h"
#include "lance/layout.h"

namespace squire::lance {
namespace {

constexpr int64_t kChunkRowsMax = 1 << 16;  // a chunk word has room for 2^15, the last chunk holds no more

struct Chunk {
  uint64_t offset = 0;  ///< in buffer 1
  uint64_t size_bytes = 0;
  int64_t first_row = 0;
  int64_t num_rows = 0;
};

class MiniBlockPage : public PageReader {
 public:
  MiniBlockPage(PageContext page, pb21::MiniBlockLayout layout, std::vector<Chunk> chunks,
                std::optional<Values> dictionary)
      : page_(std::move(page)),
        layout_(std::move(layout)),
        chunks_(std::move(chunks)),
        dictionary_(std::move(dictionary)) {}

  [[nodiscard]] Result<Array> Read(int64_t first, int64_t count) const override {
    if (count == 0) return ArrayBuilder(page_.type).Finish();
    const size_t from = ChunkOf(first), to = ChunkOf(first + count - 1);
    const uint64_t begin = chunks_[from].offset;
    const Buffer bytes = TRY(page_.buffers.Read(1, begin, chunks_[to].offset + chunks_[to].size_bytes - begin));
    Values values;
    std::vector<uint8_t> validity;
    for (size_t i = from; i <= to; i++) {
      const Chunk& chunk = chunks_[i];
      TRY(Decode(bytes.span().subspan(chunk.offset - begin, chunk.size_bytes), chunk.num_rows, values, validity));
    }
    if (dictionary_) values = TRY(Gather(*dictionary_, values));
    return TRY(ToArray(std::move(values), page_.type, validity)).Slice(first - chunks_[from].first_row, count);
  }

 private:
  [[nodiscard]] size_t ChunkOf(int64_t row) const {
    const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), row,
                                        [](int64_t r, const Chunk& chunk) { return r < chunk.first_row; });
    return static_cast<size_t>(after - chunks_.begin()) - 1;
  }

  /// Header, then definition levels, then the value buffers, each padded to 8 bytes.
  Result<void> Decode(Bytes bytes, int64_t num_rows, Values& values, std::vector<uint8_t>& validity) const {
    ByteReader reader(bytes, "mini-block chunk");
    const uint64_t num_levels = TRY(reader.Read<uint16_t>());
    const bool has_levels = layout_.has_def_compression();
    const uint64_t level_bytes = has_levels ? TRY(reader.Read<uint16_t>()) : 0;
    std::vector<uint64_t> sizes(layout_.num_buffers());
    for (uint64_t& size : sizes)
      size = layout_.has_large_chunk() ? TRY(reader.Read<uint32_t>()) : TRY(reader.Read<uint16_t>());
    TRY(SkipPadding(reader));
    if (has_levels) {
      if (num_levels != static_cast<uint64_t>(num_rows)) return page_.Broken("levels and rows of a chunk differ");
      const Values levels = TRY(DecodeBlock(layout_.def_compression(), TRY(reader.Take(level_bytes)), num_levels));
      if (levels.bits != 16) return page_.Broken("levels that are not of 16 bits");
      for (int64_t row = 0; row < num_rows; row++) validity.push_back(levels.Number(row) == 0 ? 1 : 0);
      TRY(SkipPadding(reader));
    }
    std::vector<Bytes> buffers;
    for (uint64_t size : sizes) {
      buffers.push_back(TRY(reader.Take(size)));
      TRY(SkipPadding(reader));
    }
    return DecodeChunk(layout_.value_compression(), buffers, static_cast<uint64_t>(num_rows), values);
  }

  static Result<void> SkipPadding(ByteReader& reader) {
    // The last chunk of a page may end without its padding.
    (void)TRY(reader.Take(std::min(RoundUp(reader.position(), 8) - reader.position(), reader.remaining())));
    return {};
  }

  PageContext page_;
  pb21::MiniBlockLayout layout_;
  std::vector<Chunk> chunks_;
  std::optional<Values> dictionary_;  // the chunks' values are indices into it
};

/// The chunk words: (bytes / 8 - 1) << 4 | log2(rows), the last chunk holding what is left.
Result<std::vector<Chunk>> ParseChunkWords(const PageContext& page, const pb21::MiniBlockLayout& layout) {
  const size_t word_bytes = layout.has_large_chunk() ? 4 : 2;
  const Buffer words = TRY(page.buffers.ReadAll(0));
  const size_t count = words.size() / word_bytes;
  std::vector<Chunk> chunks(count);
  uint64_t offset = 0;
  int64_t row = 0;
  for (size_t i = 0; i < count; i++) {
    const uint8_t* at = words.data() + i * word_bytes;
    const uint32_t word = word_bytes == 4 ? Load<uint32_t>(at) : Load<uint16_t>(at);
    const bool last = i + 1 == count;
    Chunk& chunk = chunks[i];
    chunk.offset = offset;
    chunk.size_bytes = (uint64_t{word >> 4} + 1) * 8;
    chunk.first_row = row;
    chunk.num_rows = last ? page.num_rows - row : int64_t{1} << (word & 15);
    offset += chunk.size_bytes;
    row += chunk.num_rows;
    if (chunk.num_rows <= 0 || chunk.num_rows > kChunkRowsMax || row > page.num_rows || offset > page.buffers.sizes[1])
      return page.Broken("its chunks do not fit its " + std::to_string(page.num_rows) + " rows");
  }
  if (row != page.num_rows) return page.Broken("its chunks hold " + std::to_string(row) + " rows");
  return chunks;
}

}  // namespace

Result<std::unique_ptr<PageReader>> OpenMiniBlock(PageContext page, const pb21::MiniBlockLayout& layout) {
  const bool nullable = TRY(IsNullable(layout.layers()));
  if (layout.has_rep_compression()) return Unsupported("list columns are not read yet", page.buffers.path);
  if (page.buffers.count() < 2) return page.Broken("a mini-block page of fewer than two buffers");
  if (layout.num_buffers() == 0 || layout.num_buffers() > 4) return page.Broken("its number of value buffers");
  if (layout.has_def_compression() && !nullable) return page.Broken("levels for rows that cannot be null");
  auto chunks = TRY(ParseChunkWords(page, layout));
  std::optional<Values> dictionary;
  if (layout.has_dictionary() && page.buffers.count() < 3) return page.Broken("a dictionary without its buffer");
  if (layout.has_dictionary())
    dictionary =
        TRY(DecodeBlock(layout.dictionary(), TRY(page.buffers.ReadAll(2)).span(), layout.num_dictionary_items()));
  return std::unique_ptr<PageReader>(
      std::make_unique<MiniBlockPage>(std::move(page), layout, std::move(chunks), std::move(dictionary)));
}

}  // namespace squire::lance
