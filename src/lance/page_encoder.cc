#include "lance/page_encoder.h"

#include <lz4.h>

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "base/type_kinds.h"
#include "lance/fsst_encoder.h"
#include "lance/logical_type.h"
#include "lance/mini_block_writer.h"
#include "lance/shred.h"
#include "lance/text_dictionary.h"
#include "simd/bitpack.h"

namespace squire::lance {
namespace {

using Encoding = pb21::CompressiveEncoding;

constexpr size_t kChunkBytes = 8192;      // values of one mini-block chunk, before padding
constexpr int64_t kWideValueBytes = 256;  // from this average on a value is zipped, not blocked
constexpr size_t kHugeValueBytes = 4096;  // no single value above this goes into a mini-block
constexpr size_t kSample = 1024;          // values looked at before a compression is tried on all
constexpr size_t kDictionaryMax = 65'536;

Encoding FlatEncoding(uint64_t bits) {
  Encoding out;
  out.mutable_flat()->set_bits_per_value(bits);
  return out;
}
Encoding VariableEncoding(uint64_t offset_bits) {
  Encoding out;
  *out.mutable_variable()->mutable_offsets() = FlatEncoding(offset_bits);
  return out;
}
Encoding InlinePackedEncoding(uint64_t bits) {
  Encoding out;
  out.mutable_inline_bitpacking()->set_uncompressed_bits_per_value(bits);
  return out;
}
Encoding Lz4Encoding(Encoding inner) {
  Encoding out;
  out.mutable_general()->mutable_compression()->set_scheme(pb21::LZ4);
  *out.mutable_general()->mutable_values() = std::move(inner);
  return out;
}

Encoding FsstEncoding(std::string symbol_table, Encoding codes) {
  Encoding out;
  out.mutable_fsst()->set_symbol_table(std::move(symbol_table));
  *out.mutable_fsst()->mutable_values() = std::move(codes);
  return out;
}

/// The bytes of all values of a type of whole bytes; where they lie when they are in one piece already.
const uint8_t* FixedData(const Array& values) {
  const Array& items = values.type.id == TypeId::kFixedSizeList ? values.children[0] : values;
  const int64_t item_bytes = items.type.bit_width() / 8;
  const int64_t width = values.type.bit_width() / 8;
  const int64_t before = &items == &values ? 0 : items.offset * item_bytes;
  return items.buffers[0].data() + before + values.offset * width;
}

/// LZ4 with the raw size before it.
std::vector<uint8_t> CompressLz4(Bytes raw) {
  std::vector<uint8_t> out(4 + static_cast<size_t>(LZ4_compressBound(static_cast<int>(raw.size()))));
  Store(out.data(), static_cast<uint32_t>(raw.size()));
  const int size =
      LZ4_compress_default(reinterpret_cast<const char*>(raw.data()), reinterpret_cast<char*>(out.data() + 4),
                           static_cast<int>(raw.size()), static_cast<int>(out.size() - 4));
  out.resize(4 + static_cast<size_t>(size));
  return out;
}

/// Adds chunks of at most `step` values, a power of two; `chunk(first, count)` gives the buffers of one.
template <class Chunk>
void AddChunks(MiniBlockWriter& writer, int64_t total, int64_t step, Chunk chunk) {
  for (int64_t first = 0; first < total;) {
    const int64_t fit = std::min({step, writer.values_that_fit(), total - first});
    const int64_t count = fit == total - first ? fit : static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(fit)));
    const std::vector<uint8_t> bytes = chunk(first, count);
    const std::span<const uint8_t> buffers[] = {bytes};
    writer.AddChunk(count, buffers);
    first += count;
  }
}

EncodedPage EncodeBool(const Shredded& rows, const PageOptions& options) {
  MiniBlockWriter writer(rows, options);
  AddChunks(writer, rows.values.length, 4096, [&](int64_t first, int64_t count) {
    std::vector<uint8_t> bits(CeilDiv(static_cast<uint64_t>(count), 8));
    for (int64_t i = 0; i < count; i++)
      if (rows.values.Bit(first + i)) bits[static_cast<size_t>(i >> 3)] |= static_cast<uint8_t>(1u << (i & 7));
    return bits;
  });
  return writer.Finish(FlatEncoding(1), 1);
}

/// One word with the width, then a block of 1024 values in that many bits; what is missing of 1024 is 0.
template <class T>
std::vector<uint8_t> PackInline(const uint8_t* values, int64_t count) {
  std::vector<T> block(simd::kPackedValues);
  std::memcpy(block.data(), values, static_cast<size_t>(count) * sizeof(T));
  const unsigned width = simd::WidthOf(std::span<const T>(block));
  std::vector<uint8_t> out(sizeof(T) + simd::PackedBytes(width));
  Store(out.data(), static_cast<T>(width));
  const Bytes raw(reinterpret_cast<const uint8_t*>(block.data()), block.size() * sizeof(T));
  (void)simd::Pack(raw, 8 * sizeof(T), width, MutableBytes(out).subspan(sizeof(T)));  // sizes are right
  return out;
}

/// Whole numbers in few bits, when that saves a quarter; nothing otherwise.
template <class T>
std::optional<EncodedPage> EncodePacked(const Shredded& rows, const uint8_t* data, const PageOptions& options) {
  const int64_t total = rows.values.length;
  size_t packed = 0;
  for (int64_t first = 0; first < total; first += simd::kPackedValues) {
    const auto count = static_cast<size_t>(std::min<int64_t>(simd::kPackedValues, total - first));
    T all = 0;
    for (size_t i = 0; i < count; i++) all |= Load<T>(data + (static_cast<size_t>(first) + i) * sizeof(T));
    packed += sizeof(T) + simd::PackedBytes(static_cast<unsigned>(std::bit_width(all)));
  }
  if (packed > static_cast<size_t>(total) * sizeof(T) * 3 / 4) return std::nullopt;
  MiniBlockWriter writer(rows, options);
  AddChunks(writer, total, simd::kPackedValues, [&](int64_t first, int64_t count) {
    return PackInline<T>(data + static_cast<size_t>(first) * sizeof(T), count);
  });
  return writer.Finish(InlinePackedEncoding(8 * sizeof(T)), 1);
}

bool IsWholeNumber(TypeId id) {
  switch (id) {
    case TypeId::kHalfFloat:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal128:
    case TypeId::kDecimal256:
    case TypeId::kFixedBinary: return false;
    default: return true;
  }
}

EncodedPage EncodeFixed(const Shredded& rows, size_t width, const PageOptions& options) {
  const uint8_t* data = FixedData(rows.values);
  if (options.compress && IsWholeNumber(rows.values.type.id)) {
    std::optional<EncodedPage> packed;
    if (width == 2) packed = EncodePacked<uint16_t>(rows, data, options);
    if (width == 4) packed = EncodePacked<uint32_t>(rows, data, options);
    if (width == 8) packed = EncodePacked<uint64_t>(rows, data, options);
    if (packed) return *std::move(packed);
  }
  MiniBlockWriter writer(rows, options);
  const auto step = static_cast<int64_t>(std::bit_floor(std::max<size_t>(1, kChunkBytes / width)));
  AddChunks(writer, rows.values.length, step, [&](int64_t first, int64_t count) {
    const uint8_t* from = data + static_cast<size_t>(first) * width;
    return std::vector<uint8_t>(from, from + static_cast<size_t>(count) * width);
  });
  return writer.Finish(FlatEncoding(width * 8), 1);
}

/// Texts side by side, as offsets from the start of the buffer and the bytes behind them.
template <class Offset>
std::vector<uint8_t> TextChunkOf(std::span<const std::string_view> texts) {
  std::vector<uint8_t> out;
  size_t end = sizeof(Offset) * (texts.size() + 1);
  Put<Offset>(out, static_cast<Offset>(end));
  for (std::string_view text : texts) Put<Offset>(out, static_cast<Offset>(end += text.size()));
  out.reserve(end);
  for (std::string_view text : texts) out.insert(out.end(), text.begin(), text.end());
  PadTo(out, sizeof(Offset));
  return out;
}
std::vector<uint8_t> TextChunk(std::span<const std::string_view> texts, bool wide) {
  return wide ? TextChunkOf<uint64_t>(texts) : TextChunkOf<uint32_t>(texts);
}

/// How many texts, from `first` on, make a chunk.
int64_t TextsOfChunk(std::span<const std::string_view> texts, int64_t first, int64_t limit) {
  size_t bytes = 0;
  int64_t count = 0;
  for (; count < limit; count++) {
    bytes += texts[static_cast<size_t>(first + count)].size() + 4;
    if (bytes > kChunkBytes && count > 0) break;
  }
  return count;
}

/// Texts as a block: bits of an offset, where the bytes begin, the offsets, the bytes.
template <class Offset>
std::vector<uint8_t> TextBlock(std::span<const std::string_view> texts) {
  std::vector<uint8_t> block;
  Put<Offset>(block, 8 * sizeof(Offset));
  Put<Offset>(block, static_cast<Offset>(sizeof(Offset) * (2 + texts.size() + 1)));
  size_t end = 0;
  Put<Offset>(block, 0);
  for (std::string_view text : texts) Put<Offset>(block, static_cast<Offset>(end += text.size()));
  for (std::string_view text : texts) block.insert(block.end(), text.begin(), text.end());
  return block;
}

/// The page of a dictionary: numbers of type T in few bits, the entries beside them.
template <class T>
EncodedPage DictionaryPage(const TextDictionary& dictionary, const Shredded& rows, const PageOptions& options) {
  const std::vector<T> keys(dictionary.indices().begin(), dictionary.indices().end());
  const bool wide = HasWideOffsets(rows.values.type.id);
  std::vector<uint8_t> block =
      wide ? TextBlock<uint64_t>(dictionary.entries()) : TextBlock<uint32_t>(dictionary.entries());
  MiniBlockWriter writer(rows, options);
  AddChunks(writer, std::ssize(keys), simd::kPackedValues, [&](int64_t first, int64_t count) {
    return PackInline<T>(reinterpret_cast<const uint8_t*>(keys.data() + first), count);
  });
  return writer.Finish(InlinePackedEncoding(8 * sizeof(T)), 1, std::move(block), VariableEncoding(wide ? 64 : 32),
                       dictionary.entries().size());
}

/// Texts of which few are distinct: entries once, and a number a value. Nothing where that would not pay.
std::optional<EncodedPage> EncodeRepeatedTexts(const Shredded& rows, std::span<const std::string_view> texts,
                                               const PageOptions& options) {
  if (texts.size() < 64) return std::nullopt;
  TextDictionary dictionary;
  for (std::string_view text : texts) {
    dictionary.Add(text);
    const size_t entries = dictionary.entries().size();
    if (entries > kDictionaryMax || (dictionary.indices().size() == kSample && entries > kSample / 2))
      return std::nullopt;
  }
  if (dictionary.entries().size() > texts.size() / 2) return std::nullopt;
  return DictionaryPage<uint32_t>(dictionary, rows, options);
}

/// The page of a dictionary column, whose readers want numbers as wide as its type says.
Result<EncodedPage> EncodeDictionaryColumn(const Shredded& rows, std::span<const std::string_view> texts,
                                           const PageOptions& options) {
  TextDictionary dictionary;
  for (std::string_view text : texts) dictionary.Add(text);
  TRY(CheckEntries(dictionary.entries().size(), *options.keys));
  switch (options.keys->bits) {
    case 8: return DictionaryPage<uint8_t>(dictionary, rows, options);
    case 16: return DictionaryPage<uint16_t>(dictionary, rows, options);
    case 32: return DictionaryPage<uint32_t>(dictionary, rows, options);
    default: return DictionaryPage<uint64_t>(dictionary, rows, options);
  }
}

/// Whether LZ4 saves a quarter on the first chunk.
bool IsCompressible(std::span<const std::string_view> texts) {
  const auto count = static_cast<size_t>(TextsOfChunk(texts, 0, std::ssize(texts)));
  const std::vector<uint8_t> chunk = TextChunk(texts.first(count), false);
  return chunk.size() >= 1024 && CompressLz4(chunk).size() < chunk.size() * 3 / 4;
}

/// Texts as codes of a table made for them.
struct TextCodes {
  std::vector<uint8_t> bytes;
  std::vector<std::string_view> texts;  // the codes of each
  std::string symbol_table;
};

/// Nothing where they would not take a quarter less.
std::optional<TextCodes> EncodeSymbols(std::span<const std::string_view> texts) {
  const auto encoder = FsstEncoder::Train(texts);
  if (!encoder) return std::nullopt;
  TextCodes out;
  std::vector<size_t> ends;
  for (const std::string_view text : texts) {
    encoder->Encode(text, out.bytes);
    ends.push_back(out.bytes.size());
  }
  for (size_t begin = 0; const size_t end : ends) {
    out.texts.push_back(AsText(Bytes(out.bytes).subspan(begin, end - begin)));
    begin = end;
  }
  out.symbol_table = encoder->SymbolTable();
  return out;
}

EncodedPage EncodeShortTexts(const Shredded& rows, std::span<const std::string_view> texts,
                             const PageOptions& options) {
  if (options.compress) {
    if (auto page = EncodeRepeatedTexts(rows, texts, options)) return *std::move(page);
  }
  auto codes = options.dense_texts ? EncodeSymbols(texts) : std::nullopt;
  if (codes) texts = codes->texts;
  const bool compress = options.compress && IsCompressible(texts), wide = HasWideOffsets(rows.values.type.id);
  MiniBlockWriter writer(rows, options);
  for (int64_t first = 0; first < std::ssize(texts);) {
    const int64_t left = std::ssize(texts) - first;
    const int64_t fit = TextsOfChunk(texts, first, std::min(writer.values_that_fit(), left));
    const int64_t count = fit == left ? left : static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(fit)));
    std::vector<uint8_t> bytes = TextChunk(texts.subspan(static_cast<size_t>(first), static_cast<size_t>(count)), wide);
    if (compress) bytes = CompressLz4(bytes);
    const std::span<const uint8_t> buffers[] = {bytes};
    writer.AddChunk(count, buffers);
    first += count;
  }
  Encoding encoding = VariableEncoding(wide ? 64 : 32);
  if (codes) encoding = FsstEncoding(std::move(codes->symbol_table), std::move(encoding));
  return writer.Finish(compress ? Lz4Encoding(std::move(encoding)) : std::move(encoding), 1);
}

/// Values one after the other, each behind a word of its levels where there are any.
class ZipWriter {
 public:
  explicit ZipWriter(const Shredded& rows) : rows_(rows) {
    bits_rep_ = static_cast<uint32_t>(std::bit_width(rows.max_rep));
    bits_def_ = static_cast<uint32_t>(std::bit_width(rows.max_def));
    const uint32_t bits = bits_rep_ + bits_def_;
    word_bytes_ = bits == 0 ? 0 : bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  }

  /// Calls `put(value, def, out)` for each visible value, behind its word.
  template <class PutValue>
  void Zip(PutValue put) {
    int64_t value = 0;
    const int64_t entries = rows_.num_entries();
    for (int64_t at = 0; at < entries; at++) {
      if (rows_.BeginsRow(at)) starts_.push_back(zipped_.size());
      const uint32_t word = static_cast<uint32_t>(rows_.Rep(at)) << bits_def_ | rows_.Def(at);
      const auto* raw = reinterpret_cast<const uint8_t*>(&word);
      zipped_.insert(zipped_.end(), raw, raw + word_bytes_);
      if (rows_.IsVisible(at)) put(value++, rows_.Def(at), zipped_);
    }
    starts_.push_back(zipped_.size());
  }

  /// The page; `with_index`: rows are found by an index of their starts.
  EncodedPage Finish(Encoding values, bool with_index) {
    EncodedPage page;
    page.num_rows = rows_.num_rows;
    auto* layout = page.layout.mutable_full_zip_layout();
    layout->set_bits_rep(bits_rep_);
    layout->set_bits_def(bits_def_);
    layout->set_num_items(static_cast<uint32_t>(rows_.num_entries()));
    layout->set_num_visible_items(static_cast<uint32_t>(rows_.values.length));
    for (pb21::RepDefLayer layer : rows_.layers) layout->add_layers(layer);
    *layout->mutable_value_compression() = std::move(values);
    if (with_index) {
      size_t width = 1;
      while (width < 8 && zipped_.size() >= 1ull << (8 * width)) width *= 2;
      std::vector<uint8_t> index;
      index.reserve(starts_.size() * width);
      for (uint64_t start : starts_) {
        const auto* raw = reinterpret_cast<const uint8_t*>(&start);
        index.insert(index.end(), raw, raw + width);
      }
      page.buffers = {Buffer::Of(std::move(zipped_)), Buffer::Of(std::move(index))};
    } else {
      page.buffers = {Buffer::Of(std::move(zipped_))};
    }
    return page;
  }

  void Reserve(size_t value_bytes) {
    zipped_.reserve(value_bytes + static_cast<size_t>(rows_.num_entries()) * word_bytes_);
  }

 private:
  const Shredded& rows_;
  uint32_t bits_rep_ = 0, bits_def_ = 0;
  size_t word_bytes_ = 0;
  std::vector<uint8_t> zipped_;
  std::vector<uint64_t> starts_;
};

/// Bits of the items of list `value`, one each.
void PutItemValidity(const Array& lists, int64_t value, std::vector<uint8_t>& out) {
  const int64_t items = lists.type.width, first = (lists.offset + value) * items;
  const size_t at = out.size();
  out.resize(at + CeilDiv(static_cast<uint64_t>(items), 8));
  for (int64_t i = 0; i < items; i++)
    if (lists.children[0].IsValid(first + i))
      out[at + static_cast<size_t>(i / 8)] |= static_cast<uint8_t>(1u << (i % 8));
}

/// True when a list that is not null holds an item that is.
bool HasNullItems(const Array& lists) {
  const Array& items = lists.children[0];
  for (int64_t row = 0; !items.validity.empty() && row < lists.length; row++) {
    if (lists.IsValid(row) && items.Slice((lists.offset + row) * lists.type.width, lists.type.width).null_count() > 0)
      return true;
  }
  return false;
}

/// Values of one width: fixed-size lists, and whatever is wide.
EncodedPage EncodeWide(const Shredded& rows, size_t width) {
  const Array& values = rows.values;
  const uint8_t* data = FixedData(values);
  const bool is_list = values.type.id == TypeId::kFixedSizeList;
  const bool item_validity = is_list && HasNullItems(values);
  Encoding encoding = FlatEncoding(width * 8);
  if (is_list) {
    encoding.Clear();
    auto* list = encoding.mutable_fixed_size_list();
    list->set_items_per_value(static_cast<uint64_t>(values.type.width));
    list->set_has_validity(item_validity);
    *list->mutable_values() = FlatEncoding(static_cast<uint64_t>(values.type.children[0].type.bit_width()));
  }
  const size_t validity_bytes = item_validity ? CeilDiv(static_cast<uint64_t>(values.type.width), 8) : 0;
  ZipWriter writer(rows);
  const bool as_is = rows.levels.count() == 0 && !item_validity;
  if (!as_is) {
    writer.Reserve(static_cast<size_t>(values.length) * (width + validity_bytes));
    writer.Zip([&](int64_t value, uint16_t, std::vector<uint8_t>& out) {
      if (item_validity) PutItemValidity(values, value, out);
      const uint8_t* from = data + static_cast<size_t>(value) * width;
      out.insert(out.end(), from, from + width);
    });
  }
  EncodedPage page = writer.Finish(std::move(encoding), rows.max_rep > 0);
  if (as_is) {  // the page is the array's own bytes
    const Buffer& bytes = (is_list ? values.children[0] : values).buffers[0];
    page.buffers = {bytes.Slice(static_cast<size_t>(data - bytes.data()), static_cast<size_t>(values.length) * width)};
  }
  page.layout.mutable_full_zip_layout()->set_bits_per_value(static_cast<uint32_t>((width + validity_bytes) * 8));
  return page;
}

/// Long texts: [word]? [length] [bytes] a value; a null is its word alone.
EncodedPage EncodeLongTexts(const Shredded& rows, std::span<const std::string_view> texts, size_t bytes,
                            const PageOptions& options) {
  auto codes = options.dense_texts ? EncodeSymbols(texts) : std::nullopt;
  if (codes) {
    texts = codes->texts;
    bytes = codes->bytes.size();
  }
  const bool wide_lengths = HasWideOffsets(rows.values.type.id);
  ZipWriter writer(rows);
  writer.Reserve(bytes + texts.size() * (wide_lengths ? 8 : 4));
  writer.Zip([&](int64_t value, uint16_t def, std::vector<uint8_t>& out) {
    if (def != 0) return;
    const std::string_view text = texts[static_cast<size_t>(value)];
    if (wide_lengths)
      Put<uint64_t>(out, text.size());
    else
      Put<uint32_t>(out, static_cast<uint32_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
  });
  Encoding encoding = VariableEncoding(wide_lengths ? 64 : 32);
  if (codes) encoding = FsstEncoding(std::move(codes->symbol_table), std::move(encoding));
  EncodedPage page = writer.Finish(std::move(encoding), true);
  page.layout.mutable_full_zip_layout()->set_bits_per_offset(wide_lengths ? 64 : 32);
  return page;
}

/// True when so many entries in a row show no value that a chunk of them would not hold one.
bool IsSparse(const Shredded& rows) {
  constexpr int64_t kGapMax = 2048;  // half of the entries of a chunk
  int64_t gap = 0;
  for (int64_t at = 0; at < rows.num_entries() && rows.max_rep > 0; at++) {
    gap = rows.IsVisible(at) ? 0 : gap + 1;
    if (gap > kGapMax) return true;
  }
  return false;
}

Result<EncodedPage> EncodeTexts(const Shredded& rows, const PageOptions& options) {
  std::vector<std::string_view> texts;
  texts.reserve(static_cast<size_t>(rows.values.length));
  size_t bytes = 0, longest = 0;
  for (int64_t at = 0; at < rows.values.length; at++) {
    texts.push_back(rows.values.IsValid(at) ? rows.values.Text(at) : std::string_view());
    bytes += texts.back().size();
    longest = std::max(longest, texts.back().size());
  }
  if (options.keys && IsSparse(rows))
    return Unsupported("over 2048 empty lists of dictionary values in a row cannot be written");
  if (options.keys) return EncodeDictionaryColumn(rows, texts, options);
  const bool is_long = static_cast<int64_t>(bytes) >= kWideValueBytes * rows.values.length || longest > kHugeValueBytes;
  if (is_long || IsSparse(rows)) return EncodeLongTexts(rows, texts, bytes, options);
  return EncodeShortTexts(rows, texts, options);
}

/// No value at all: levels, where there are any, and nothing else.
EncodedPage EncodeAllNull(const Shredded& rows) {
  EncodedPage page;
  page.num_rows = rows.num_rows;
  auto* layout = page.layout.mutable_constant_layout();
  for (pb21::RepDefLayer layer : rows.layers) layout->add_layers(layer);
  if (rows.layers.size() == 1) return page;
  const auto raw = [](const std::vector<uint16_t>& levels) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(levels.data());
    return Buffer::Of(std::vector<uint8_t>(bytes, bytes + levels.size() * sizeof(uint16_t)));
  };
  layout->set_num_rep_values(rows.levels.rep.size());
  layout->set_num_def_values(rows.levels.def.size());
  page.buffers = {raw(rows.levels.rep), raw(rows.levels.def)};
  return page;
}

}  // namespace

Result<EncodedPage> EncodePage(const Array& array, const PageOptions& options) {
  const Shredded rows = TRY(Shred(array));
  if (rows.num_entries() > (int64_t{1} << 31) - 1) return OverBudget("a page holds at most 2^31 items");
  const DataType& type = rows.values.type;
  if (rows.num_rows > 0 && rows.values.null_count() == rows.values.length) return EncodeAllNull(rows);
  switch (type.id) {
    case TypeId::kBool:
      if (IsSparse(rows)) return Unsupported("over 2048 empty lists of booleans in a row cannot be written");
      return EncodeBool(rows, options);
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kLargeString:
    case TypeId::kLargeBinary: return EncodeTexts(rows, options);
    default: break;
  }
  const int64_t bits = type.bit_width();
  const bool is_plain_list = type.id != TypeId::kFixedSizeList || type.children[0].type.id != TypeId::kFixedSizeList;
  if (bits <= 0 || bits % 8 != 0 || !is_plain_list)
    return Unsupported("columns of type " + type.ToString() + " cannot be written");
  const auto width = static_cast<size_t>(bits / 8);
  if (type.id == TypeId::kFixedSizeList || static_cast<int64_t>(width) >= kWideValueBytes || IsSparse(rows))
    return EncodeWide(rows, width);
  return EncodeFixed(rows, width, options);
}

}  // namespace squire::lance
