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
  int64_t first_row = 0;    ///< the row that its first entry belongs to
  int64_t num_values = -1;  ///< visible ones; -1: as many as its levels say
  int64_t rows_ended = 0;   ///< rows that end in it or before it
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
    if (count == 0 || chunks_.empty()) return NullArray(page_.path, count);
    const bool nested = page_.shape.has_lists();
    const size_t from = nested ? ChunkThatEnds(first) : ChunkOf(first);
    const size_t to = nested ? ChunkThatEnds(first + count) : ChunkOf(first + count - 1);
    const uint64_t begin = chunks_[from].offset;
    const Buffer bytes = TRY(page_.buffers.Read(1, begin, chunks_[to].offset + chunks_[to].size_bytes - begin));
    Values values;
    Levels levels;
    for (size_t i = from; i <= to; i++) {
      const Chunk& chunk = chunks_[i];
      TRY(Decode(bytes.span().subspan(chunk.offset - begin, chunk.size_bytes), chunk.num_values, values, levels));
    }
    if (dictionary_) values = TRY(Gather(*dictionary_, values));
    const int64_t skipped = first - chunks_[from].first_row;
    if (page_.shape.is_flat()) {
      std::vector<uint8_t> validity(levels.def.size());
      for (size_t i = 0; i < validity.size(); i++) validity[i] = levels.def[i] == 0 ? 1 : 0;
      return TRY(ToArray(std::move(values), page_.path, validity)).Slice(skipped, count);
    }
    Array leaf = TRY(ToArray(std::move(values), page_.leaf(), {}));
    if (nested) {
      LevelRange range = TRY(SliceRows(page_.shape, levels, chunks_[from].first_row, first, count));
      if (range.values_before + range.values > leaf.length) return page_.Broken("fewer values than levels");
      leaf = leaf.Slice(range.values_before, range.values);
      return Nest(page_.shape, page_.path, range.levels, std::move(leaf), count);
    }
    const int64_t length = leaf.length;
    return TRY(Nest(page_.shape, page_.path, levels, std::move(leaf), length)).Slice(skipped, count);
  }

 private:
  [[nodiscard]] size_t ChunkOf(int64_t row) const {
    const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), row,
                                        [](int64_t r, const Chunk& chunk) { return r < chunk.first_row; });
    return static_cast<size_t>(after - chunks_.begin()) - 1;
  }
  /// The chunk in which the first `rows` rows are complete; the next row begins in it or in the one after.
  [[nodiscard]] size_t ChunkThatEnds(int64_t rows) const {
    const auto at = std::ranges::lower_bound(chunks_, rows, {}, &Chunk::rows_ended);
    return std::min(static_cast<size_t>(at - chunks_.begin()), chunks_.size() - 1);
  }

  /// Header, then levels, then the value buffers, each padded to 8 bytes.
  Result<void> Decode(Bytes bytes, int64_t num_values, Values& values, Levels& levels) const {
    ByteReader reader(bytes, "mini-block chunk");
    const uint64_t num_levels = TRY(reader.Read<uint16_t>());
    const uint64_t rep_bytes = layout_.has_rep_compression() ? TRY(reader.Read<uint16_t>()) : 0;
    const uint64_t def_bytes = layout_.has_def_compression() ? TRY(reader.Read<uint16_t>()) : 0;
    std::vector<uint64_t> sizes(layout_.num_buffers());
    for (uint64_t& size : sizes)
      size = layout_.has_large_chunk() ? TRY(reader.Read<uint32_t>()) : TRY(reader.Read<uint16_t>());
    TRY(SkipPadding(reader));
    if (layout_.has_rep_compression())
      TRY(AppendLevels(layout_.rep_compression(), reader, rep_bytes, num_levels, levels.rep));
    if (layout_.has_def_compression())
      TRY(AppendLevels(layout_.def_compression(), reader, def_bytes, num_levels, levels.def));
    std::vector<Bytes> buffers;
    for (uint64_t size : sizes) {
      buffers.push_back(TRY(reader.Take(size)));
      TRY(SkipPadding(reader));
    }
    const bool has_levels = layout_.has_rep_compression() || layout_.has_def_compression();
    if (has_levels && !page_.shape.has_lists() && num_levels != static_cast<uint64_t>(num_values))
      return page_.Broken("levels and values of a chunk differ");
    if (num_values < 0)
      num_values = CountVisible(levels, num_levels);
    else if (page_.shape.has_lists() && CountVisible(levels, num_levels) != num_values)
      return page_.Broken("a chunk of lists holds other items than its levels tell");
    return DecodeChunk(layout_.value_compression(), buffers, static_cast<uint64_t>(num_values), values);
  }

  static Result<void> AppendLevels(const pb21::CompressiveEncoding& encoding, ByteReader& reader, uint64_t size_bytes,
                                   uint64_t count, std::vector<uint16_t>& out) {
    const auto decoded = TRY(DecodeLevels(encoding, TRY(reader.Take(size_bytes)), count));
    out.insert(out.end(), decoded.begin(), decoded.end());
    return SkipPadding(reader);
  }

  /// Of the last `count` entries.
  [[nodiscard]] int64_t CountVisible(const Levels& levels, uint64_t count) const {
    if (levels.def.empty()) return static_cast<int64_t>(count);
    return std::count_if(levels.def.end() - static_cast<ptrdiff_t>(count), levels.def.end(),
                         [&](uint16_t def) { return def <= page_.shape.max_visible(); });
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

/// The chunk words: (bytes / 8 - 1) << 4 | log2(values), the last chunk holding what is left.
Result<std::vector<Chunk>> ParseChunkWords(const PageContext& page, const pb21::MiniBlockLayout& layout) {
  const size_t word_bytes = layout.has_large_chunk() ? 4 : 2;
  const Buffer words = TRY(page.buffers.ReadAll(0));
  const size_t count = words.size() / word_bytes;
  std::vector<Chunk> chunks(count);
  uint64_t offset = 0;
  for (size_t i = 0; i < count; i++) {
    const uint8_t* at = words.data() + i * word_bytes;
    const uint32_t word = word_bytes == 4 ? Load<uint32_t>(at) : Load<uint16_t>(at);
    chunks[i].offset = offset;
    chunks[i].size_bytes = (uint64_t{word >> 4} + 1) * 8;
    if (i + 1 < count) chunks[i].num_values = int64_t{1} << (word & 15);
    offset += chunks[i].size_bytes;
    if (offset > page.buffers.sizes[1]) return page.Broken("its chunks are larger than their buffer");
  }
  return chunks;
}

/// Without lists a value is a row.
Result<void> NumberFlatRows(const PageContext& page, std::vector<Chunk>& chunks) {
  int64_t row = 0;
  for (size_t i = 0; i < chunks.size(); i++) {
    Chunk& chunk = chunks[i];
    chunk.first_row = row;
    if (i + 1 == chunks.size()) chunk.num_values = page.num_rows - row;
    row += chunk.num_values;
    if (chunk.num_values <= 0 || chunk.num_values > kChunkRowsMax || row > page.num_rows)
      return page.Broken("its chunks do not fit its " + std::to_string(page.num_rows) + " rows");
  }
  if (row != page.num_rows) return page.Broken("its chunks hold " + std::to_string(row) + " rows");
  return {};
}

/// With lists the repetition index tells: per chunk the rows that end in it, and the entries behind the last of them.
Result<void> NumberListRows(const PageContext& page, const pb21::MiniBlockLayout& layout, std::vector<Chunk>& chunks) {
  const size_t at = layout.has_dictionary() ? 3 : 2;
  const Buffer index = TRY(page.buffers.ReadAll(at));
  const size_t stride = 8 * (size_t{layout.repetition_index_depth()} + 1);
  if (layout.repetition_index_depth() < 1 || layout.repetition_index_depth() > 64 ||
      index.size() != chunks.size() * stride)
    return page.Broken("a repetition index of " + std::to_string(index.size()) + " bytes for " +
                       std::to_string(chunks.size()) + " chunks");
  const auto total = static_cast<uint64_t>(page.num_rows);
  uint64_t rows = 0;
  for (size_t i = 0; i < chunks.size(); i++) {
    chunks[i].first_row = static_cast<int64_t>(rows);
    const auto ended = Load<uint64_t>(index.data() + i * stride);
    if (ended > total - rows) return page.Broken("its repetition index holds more rows than the page");
    rows += ended;
    // What is left over at the very end is the last row, for writers that count only rows with a successor.
    const bool is_last = i + 1 == chunks.size();
    if (is_last && rows + 1 == total && Load<uint64_t>(index.data() + i * stride + 8) > 0) rows++;
    chunks[i].rows_ended = static_cast<int64_t>(rows);
  }
  if (rows != total) return page.Broken("its repetition index holds " + std::to_string(rows) + " rows");
  return {};
}

}  // namespace

Result<std::unique_ptr<PageReader>> OpenMiniBlock(PageContext page, const pb21::MiniBlockLayout& layout) {
  if (page.buffers.count() < 2) return page.Broken("a mini-block page of fewer than two buffers");
  if (layout.num_buffers() == 0 || layout.num_buffers() > 4) return page.Broken("its number of value buffers");
  if (layout.has_def_compression() && page.shape.max_def() == 0) return page.Broken("levels without a meaning");
  if (layout.has_rep_compression() != page.shape.has_lists()) return page.Broken("lists and their levels differ");
  auto chunks = TRY(ParseChunkWords(page, layout));
  TRY(page.shape.has_lists() ? NumberListRows(page, layout, chunks) : NumberFlatRows(page, chunks));
  std::optional<Values> dictionary;
  if (layout.has_dictionary() && page.buffers.count() < 3) return page.Broken("a dictionary without its buffer");
  if (layout.has_dictionary())
    dictionary =
        TRY(DecodeBlock(layout.dictionary(), TRY(page.buffers.ReadAll(2)).span(), layout.num_dictionary_items()));
  return std::unique_ptr<PageReader>(
      std::make_unique<MiniBlockPage>(std::move(page), layout, std::move(chunks), std::move(dictionary)));
}

}  // namespace squire::lance
