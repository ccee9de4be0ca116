#include "lance/page_encoder.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/bytes.h"

namespace squire::lance {
namespace {

constexpr size_t kChunkBytes = 8192;      // values of one mini-block chunk, before padding
constexpr int64_t kChunkRows = 4096;      // 12 of the 15 bits that a chunk word has; levels stay below 64 KiB
constexpr uint8_t kPadding = 0xfe;        // what other writers pad with
constexpr int64_t kWideValueBytes = 256;  // from this average on a value is zipped, not blocked
constexpr size_t kHugeValueBytes = 4096;  // no single value above this goes into a mini-block

/// The rows of several arrays under one numbering.
class Rows {
 public:
  explicit Rows(std::span<const Array> parts) : parts_(parts) {
    for (const Array& part : parts) {
      total_ += part.length;
      nulls_ += part.null_count();
    }
  }
  [[nodiscard]] int64_t total() const { return total_; }
  [[nodiscard]] bool has_nulls() const { return nulls_ > 0; }
  [[nodiscard]] bool all_null() const { return nulls_ == total_; }
  /// True when a row that is not null holds an item that is.
  [[nodiscard]] bool has_null_items() const {
    for (const Array& part : parts_) {
      const Array& items = part.children[0];
      for (int64_t row = 0; !items.validity.empty() && row < part.length; row++) {
        const Array row_items = items.Slice((part.offset + row) * part.type.width, part.type.width);
        if (part.IsValid(row) && row_items.null_count() > 0) return true;
      }
    }
    return false;
  }
  [[nodiscard]] std::span<const Array> parts() const { return parts_; }

 private:
  std::span<const Array> parts_;
  int64_t total_ = 0, nulls_ = 0;
};

pb21::CompressiveEncoding FlatEncoding(uint64_t bits) {
  pb21::CompressiveEncoding out;
  out.mutable_flat()->set_bits_per_value(bits);
  return out;
}
pb21::CompressiveEncoding VariableEncoding(uint64_t offset_bits) {
  pb21::CompressiveEncoding out;
  *out.mutable_variable()->mutable_offsets() = FlatEncoding(offset_bits);
  return out;
}

void AddLayer(const Rows& rows, auto* layout) {
  layout->add_layers(rows.has_nulls() ? pb21::NULLABLE_ITEM : pb21::ALL_VALID_ITEM);
}

/// Collects chunks: [levels u16][size of levels u16]?[size of values u32], then both parts, each padded to 8.
class MiniBlockWriter {
 public:
  MiniBlockWriter(const Rows& rows, pb21::CompressiveEncoding values) {
    auto* layout = page_.layout.mutable_mini_block_layout();
    *layout->mutable_value_compression() = std::move(values);
    layout->set_num_buffers(1);
    layout->set_num_items(static_cast<uint64_t>(rows.total()));
    layout->set_has_large_chunk(true);
    AddLayer(rows, layout);
    if (rows.has_nulls()) *layout->mutable_def_compression() = FlatEncoding(16);
    page_.num_rows = rows.total();
    page_.buffers.resize(2);
  }

  /// `levels`: one definition level a value (0 valid, 1 null), or empty. REQUIRES: num_values is a power of two but in
  /// the last chunk.
  void AddChunk(int64_t num_values, std::span<const uint16_t> levels, std::span<const uint8_t> values, bool last) {
    std::vector<uint8_t>& body = page_.buffers[1];
    const size_t start = body.size();
    Put<uint16_t>(body, static_cast<uint16_t>(levels.size()));
    if (!levels.empty()) Put<uint16_t>(body, static_cast<uint16_t>(levels.size_bytes()));
    Put<uint32_t>(body, static_cast<uint32_t>(values.size()));
    PadTo(body, 8, kPadding);
    const auto* raw = reinterpret_cast<const uint8_t*>(levels.data());
    body.insert(body.end(), raw, raw + levels.size_bytes());
    PadTo(body, 8, kPadding);
    body.insert(body.end(), values.begin(), values.end());
    PadTo(body, 8, kPadding);
    const uint32_t words = static_cast<uint32_t>((body.size() - start) / 8);
    const uint32_t log2 = last ? 0 : static_cast<uint32_t>(std::countr_zero(static_cast<uint64_t>(num_values)));
    Put<uint32_t>(page_.buffers[0], (words - 1) << 4 | log2);
  }

  EncodedPage Finish() { return std::move(page_); }

 private:
  EncodedPage page_;
};

std::vector<uint16_t> Levels(const Rows& rows) {
  std::vector<uint16_t> levels;
  if (!rows.has_nulls()) return levels;
  levels.reserve(static_cast<size_t>(rows.total()));
  for (const Array& part : rows.parts()) {
    for (int64_t row = 0; row < part.length; row++) levels.push_back(part.IsValid(row) ? 0 : 1);
  }
  return levels;
}

std::span<const uint16_t> LevelsOf(const std::vector<uint16_t>& levels, int64_t first, int64_t count) {
  if (levels.empty()) return {};
  return std::span(levels).subspan(static_cast<size_t>(first), static_cast<size_t>(count));
}

EncodedPage EncodeBool(const Rows& rows) {
  std::vector<uint8_t> bits(CeilDiv(static_cast<uint64_t>(rows.total()), 8));
  int64_t at = 0;
  for (const Array& part : rows.parts()) {
    for (int64_t row = 0; row < part.length; row++, at++) {
      if (part.Bit(row)) bits[static_cast<size_t>(at >> 3)] |= static_cast<uint8_t>(1u << (at & 7));
    }
  }
  MiniBlockWriter writer(rows, FlatEncoding(1));
  const auto levels = Levels(rows);
  for (int64_t first = 0; first < rows.total(); first += kChunkRows) {
    const int64_t count = std::min(kChunkRows, rows.total() - first);
    const auto chunk =
        std::span(bits).subspan(static_cast<size_t>(first / 8), CeilDiv(static_cast<uint64_t>(count), 8));
    writer.AddChunk(count, LevelsOf(levels, first, count), chunk, first + count == rows.total());
  }
  return writer.Finish();
}

/// The bytes of all values of a type of whole bytes, nulls keeping their slot.
std::vector<uint8_t> FixedBytes(const Rows& rows, size_t width) {
  std::vector<uint8_t> out;
  out.reserve(static_cast<size_t>(rows.total()) * width);
  for (const Array& part : rows.parts()) {
    const bool is_list = part.type.id == TypeId::kFixedSizeList;
    const Array& values = is_list ? part.children[0] : part;
    const int64_t item_offset = is_list ? values.offset : 0;
    const size_t item_width = is_list ? width / static_cast<size_t>(part.type.width) : width;
    const uint8_t* from = values.buffers[0].data() + static_cast<size_t>(item_offset) * item_width +
                          static_cast<size_t>(part.offset) * width;
    out.insert(out.end(), from, from + static_cast<size_t>(part.length) * width);
  }
  return out;
}

EncodedPage EncodeFixed(const Rows& rows, size_t width) {
  const std::vector<uint8_t> bytes = FixedBytes(rows, width);
  MiniBlockWriter writer(rows, FlatEncoding(width * 8));
  const auto levels = Levels(rows);
  const auto step =
      std::min<int64_t>(kChunkRows, static_cast<int64_t>(std::bit_floor(std::max<size_t>(1, kChunkBytes / width))));
  for (int64_t first = 0; first < rows.total(); first += step) {
    const int64_t count = std::min(step, rows.total() - first);
    const auto chunk = std::span(bytes).subspan(static_cast<size_t>(first) * width, static_cast<size_t>(count) * width);
    writer.AddChunk(count, LevelsOf(levels, first, count), chunk, first + count == rows.total());
  }
  return writer.Finish();
}

/// Fixed-size lists: the items in a row; with nulls in the page, one control byte before each value.
EncodedPage EncodeFixedSizeList(const Rows& rows, const DataType& type, size_t width) {
  EncodedPage page;
  page.num_rows = rows.total();
  auto* layout = page.layout.mutable_full_zip_layout();
  layout->set_bits_per_value(static_cast<uint32_t>(width * 8));
  layout->set_num_items(static_cast<uint32_t>(rows.total()));
  layout->set_num_visible_items(static_cast<uint32_t>(rows.total()));
  AddLayer(rows, layout);
  auto* list = layout->mutable_value_compression()->mutable_fixed_size_list();
  list->set_items_per_value(static_cast<uint64_t>(type.width));
  *list->mutable_values() = FlatEncoding(static_cast<uint64_t>(type.children[0].type.bit_width()));
  std::vector<uint8_t> bytes = FixedBytes(rows, width);
  if (rows.has_nulls()) {
    layout->set_bits_def(1);
    const auto levels = Levels(rows);
    std::vector<uint8_t> zipped;
    zipped.reserve(bytes.size() + levels.size());
    for (size_t row = 0; row < levels.size(); row++) {
      zipped.push_back(static_cast<uint8_t>(levels[row]));
      zipped.insert(zipped.end(), bytes.begin() + static_cast<ptrdiff_t>(row * width),
                    bytes.begin() + static_cast<ptrdiff_t>((row + 1) * width));
    }
    bytes = std::move(zipped);
  }
  page.buffers.push_back(std::move(bytes));
  return page;
}

/// Texts side by side, as offsets from the start of the buffer and the bytes behind them.
std::vector<uint8_t> TextChunk(std::span<const std::string_view> texts) {
  std::vector<uint8_t> out;
  size_t end = 4 * (texts.size() + 1);
  Put<uint32_t>(out, static_cast<uint32_t>(end));
  for (std::string_view text : texts) Put<uint32_t>(out, static_cast<uint32_t>(end += text.size()));
  for (std::string_view text : texts) out.insert(out.end(), text.begin(), text.end());
  PadTo(out, 4);
  return out;
}

EncodedPage EncodeShortTexts(const Rows& rows, std::span<const std::string_view> texts) {
  MiniBlockWriter writer(rows, VariableEncoding(32));
  const auto levels = Levels(rows);
  for (size_t first = 0; first < texts.size();) {
    size_t count = 0, bytes = 0;
    for (size_t row = first; row < texts.size() && row - first < static_cast<size_t>(kChunkRows); row++) {
      bytes += texts[row].size() + 4;
      if (bytes > kChunkBytes && row > first) break;
      count = row - first + 1;
    }
    const bool last = first + count == texts.size();
    if (!last) count = std::bit_floor(count);
    writer.AddChunk(static_cast<int64_t>(count),
                    LevelsOf(levels, static_cast<int64_t>(first), static_cast<int64_t>(count)),
                    TextChunk(texts.subspan(first, count)), last);
    first += count;
  }
  return writer.Finish();
}

/// Long texts: [control byte]? [length] [bytes] a value, with an index of where each begins.
EncodedPage EncodeLongTexts(const Rows& rows, std::span<const std::string_view> texts, bool wide_offsets) {
  EncodedPage page;
  page.num_rows = rows.total();
  auto* layout = page.layout.mutable_full_zip_layout();
  layout->set_bits_per_offset(wide_offsets ? 64 : 32);
  layout->set_bits_def(rows.has_nulls() ? 1 : 0);
  layout->set_num_items(static_cast<uint32_t>(rows.total()));
  layout->set_num_visible_items(static_cast<uint32_t>(rows.total()));
  AddLayer(rows, layout);
  *layout->mutable_value_compression() = VariableEncoding(wide_offsets ? 64 : 32);
  const auto levels = Levels(rows);
  std::vector<uint8_t> zipped;
  std::vector<uint64_t> starts;
  starts.reserve(texts.size() + 1);
  for (size_t row = 0; row < texts.size(); row++) {
    starts.push_back(zipped.size());
    if (!levels.empty()) {
      zipped.push_back(static_cast<uint8_t>(levels[row]));
      if (levels[row] != 0) continue;
    }
    if (wide_offsets)
      Put<uint64_t>(zipped, texts[row].size());
    else
      Put<uint32_t>(zipped, static_cast<uint32_t>(texts[row].size()));
    zipped.insert(zipped.end(), texts[row].begin(), texts[row].end());
  }
  starts.push_back(zipped.size());
  size_t width = 1;
  while (width < 8 && zipped.size() >= 1ull << (8 * width)) width *= 2;
  std::vector<uint8_t> index;
  index.reserve(starts.size() * width);
  for (uint64_t start : starts) {
    const auto* raw = reinterpret_cast<const uint8_t*>(&start);
    index.insert(index.end(), raw, raw + width);
  }
  page.buffers = {std::move(zipped), std::move(index)};
  return page;
}

EncodedPage EncodeTexts(const Rows& rows, bool wide_offsets) {
  std::vector<std::string_view> texts;
  texts.reserve(static_cast<size_t>(rows.total()));
  size_t bytes = 0, longest = 0;
  for (const Array& part : rows.parts()) {
    for (int64_t row = 0; row < part.length; row++) {
      texts.push_back(part.IsValid(row) ? part.Text(row) : std::string_view());
      bytes += texts.back().size();
      longest = std::max(longest, texts.back().size());
    }
  }
  const bool is_long = static_cast<int64_t>(bytes) >= kWideValueBytes * rows.total() || longest > kHugeValueBytes;
  return is_long ? EncodeLongTexts(rows, texts, wide_offsets) : EncodeShortTexts(rows, texts);
}

EncodedPage EncodeAllNull(const Rows& rows) {
  EncodedPage page;
  page.num_rows = rows.total();
  page.layout.mutable_constant_layout()->add_layers(pb21::NULLABLE_ITEM);
  return page;
}

}  // namespace

Result<EncodedPage> EncodePage(std::span<const Array> parts) {
  const Rows rows(parts);
  if (rows.total() > (int64_t{1} << 31) - 1) return OverBudget("a page holds at most 2^31 rows");
  const DataType& type = parts[0].type;
  if (rows.total() > 0 && rows.all_null()) return EncodeAllNull(rows);
  switch (type.id) {
    case TypeId::kBool: return EncodeBool(rows);
    case TypeId::kString:
    case TypeId::kBinary: return EncodeTexts(rows, false);
    case TypeId::kLargeString:
    case TypeId::kLargeBinary: return EncodeTexts(rows, true);
    default: break;
  }
  const int64_t bits = type.bit_width();
  if (bits <= 0 || bits % 8 != 0) return Unsupported("columns of type " + type.ToString() + " cannot be written yet");
  const auto width = static_cast<size_t>(bits / 8);
  if (type.id == TypeId::kFixedSizeList) {
    if (rows.has_null_items()) return Unsupported("null items inside fixed-size lists are not written yet");
    return EncodeFixedSizeList(rows, type, width);
  }
  return EncodeFixed(rows, width);
}

}  // namespace squire::lance
