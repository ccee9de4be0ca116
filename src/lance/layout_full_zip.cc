// Pages of wide values, each zipped with its control byte: fixed-size lists at a constant stride, texts behind an
// index.

#include <limits>
#include <optional>

#include "base/allocate.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "lance/codec.h"
#include "lance/fsst.h"
#include "lance/layout.h"

namespace squire::lance {
namespace {

/// The words before each value: repetition level above definition level, in 0, 1, 2 or 4 bytes.
struct ControlWords {
  uint32_t bits_rep = 0, bits_def = 0;
  uint64_t bytes = 0;

  static Result<ControlWords> Of(const PageContext& page, const pb21::FullZipLayout& layout) {
    ControlWords words{layout.bits_rep(), layout.bits_def(), 0};
    if (words.bits_rep > 16 || words.bits_def > 16) return page.Broken("levels of over 16 bits");
    const uint32_t bits = words.bits_rep + words.bits_def;
    words.bytes = bits == 0 ? 0 : bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
    if ((words.bits_rep > 0) != page.shape.has_lists()) return page.Broken("lists and their levels differ");
    if (words.bits_def > 0 && page.shape.max_def() == 0) return page.Broken("levels without a meaning");
    return words;
  }

  /// Adds the levels at `at` and returns the definition level.
  uint16_t Append(const uint8_t* at, Levels& levels) const {
    uint32_t word = 0;
    std::memcpy(&word, at, bytes);
    const auto def = static_cast<uint16_t>(word & ((1u << bits_def) - 1));
    if (bits_rep > 0) levels.rep.push_back(static_cast<uint16_t>(word >> bits_def));
    if (bits_def > 0) levels.def.push_back(def);
    return def;
  }
};

/// Where each row begins: the repetition index, a number of 1, 2, 4 or 8 bytes a row and one for the end.
class RowStarts {
 public:
  static Result<RowStarts> Of(const PageContext& page) {
    if (page.buffers.count() != 2) return page.Broken("rows without a repetition index");
    const uint64_t entries = static_cast<uint64_t>(page.num_rows) + 1;
    RowStarts starts;
    starts.width_ = page.buffers.sizes[1] / entries;
    if (starts.width_ * entries != page.buffers.sizes[1] ||
        (starts.width_ != 1 && starts.width_ != 2 && starts.width_ != 4 && starts.width_ != 8))
      return page.Broken("a repetition index of " + std::to_string(page.buffers.sizes[1]) + " bytes");
    return starts;
  }

  /// The bytes of rows [first, first + count).
  [[nodiscard]] Result<Buffer> ReadRows(const PageContext& page, int64_t first, int64_t count) const {
    Buffer rows;
    TRY(ForEachPiece(page, first, count, std::numeric_limits<uint64_t>::max(), [&](Buffer piece) -> Result<void> {
      rows = std::move(piece);
      return {};
    }));
    return rows;
  }

  /// Calls `use(bytes)` for the rows in order, whole rows of about `piece_bytes` at a time.
  template <class Use>
  Result<void> ForEachPiece(const PageContext& page, int64_t first, int64_t count, uint64_t piece_bytes,
                            Use use) const {
    const Buffer index =
        TRY(page.buffers.Read(1, static_cast<uint64_t>(first) * width_, (static_cast<uint64_t>(count) + 1) * width_));
    const auto start = [&](int64_t row) {
      uint64_t value = 0;
      std::memcpy(&value, index.data() + static_cast<uint64_t>(row) * width_, width_);
      return value;
    };
    for (int64_t row = 0; row < count;) {
      const uint64_t begin = start(row);
      int64_t end_row = piece_bytes > page.buffers.sizes[0] ? count : row + 1;
      while (end_row < count && start(end_row + 1) - begin <= piece_bytes) end_row++;
      const uint64_t end = start(end_row);
      if (begin > end) return page.Broken("the repetition index goes back");
      TRY(use(TRY(page.buffers.Read(0, begin, end - begin))));
      row = end_row;
    }
    return {};
  }

 private:
  uint64_t width_ = 0;
};

/// Values of `width` bytes, behind their items' validity bits when those are kept.
class FixedValues {
 public:
  FixedValues(const DataType& type, uint64_t width, uint64_t item_validity_bytes)
      : type_(type), width_(width), item_validity_(item_validity_bytes) {}

  [[nodiscard]] uint64_t size_bytes() const { return item_validity_ + width_; }
  void Reserve(uint64_t count) { bytes_.reserve(count * width_); }
  void Append(const uint8_t* at) {
    const int64_t items = item_validity_ == 0 ? 0 : type_.width;
    for (int64_t i = 0; i < items; i++) validity_.push_back((at[i / 8] >> (i % 8)) & 1);
    bytes_.insert(bytes_.end(), at + item_validity_, at + item_validity_ + width_);
    count_++;
  }
  Array Finish() {
    Array out = Wrap(type_, Buffer::Of(std::move(bytes_)), count_);
    if (!validity_.empty()) out.children[0].validity = PackBits(validity_);
    return out;
  }

  static Array Wrap(const DataType& type, Buffer values, int64_t count) {
    Array out;
    out.type = type;
    out.length = count;
    if (type.id == TypeId::kFixedSizeList)
      out.children.push_back(Wrap(type.children[0].type, std::move(values), count * type.width));
    else
      out.buffers.push_back(std::move(values));
    return out;
  }

 private:
  const DataType& type_;
  uint64_t width_, item_validity_;
  std::vector<uint8_t> bytes_, validity_;
  int64_t count_ = 0;
};

class FixedZip : public PageReader {
 public:
  FixedZip(PageContext page, uint64_t width, uint64_t item_validity_bytes, ControlWords words,
           std::optional<RowStarts> starts)
      : page_(std::move(page)), width_(width), item_validity_(item_validity_bytes), words_(words), starts_(starts) {}

  [[nodiscard]] Result<Array> Read(int64_t first, int64_t count) const override {
    const uint64_t stride = words_.bytes + item_validity_ + width_;
    const auto rows = static_cast<uint64_t>(count);
    const Buffer zipped = starts_ ? TRY(starts_->ReadRows(page_, first, count))
                                  : TRY(page_.buffers.Read(0, static_cast<uint64_t>(first) * stride, rows * stride));
    if (page_.shape.is_flat() && stride == width_) return FixedValues::Wrap(page_.path, zipped, count);
    FixedValues values(page_.leaf(), width_, item_validity_);
    Levels levels;
    values.Reserve(rows);
    for (uint64_t at = 0; at < zipped.size();) {
      if (zipped.size() - at < words_.bytes) return page_.Broken("a value without its control word");
      const uint16_t def = words_.Append(zipped.data() + at, levels);
      at += words_.bytes;
      if (def > page_.shape.max_visible()) continue;
      if (zipped.size() - at < values.size_bytes()) return page_.Broken("a value that is cut off");
      values.Append(zipped.data() + at);
      at += values.size_bytes();
    }
    return Nest(page_.shape, page_.path, levels, values.Finish(), count);
  }

 private:
  PageContext page_;
  uint64_t width_;
  uint64_t item_validity_;
  ControlWords words_;
  std::optional<RowStarts> starts_;
};

/// How the bytes of one long text are compressed: not at all, by FSST, or as a buffer of its own.
class TextCodec {
 public:
  static Result<TextCodec> Of(const pb21::CompressiveEncoding& encoding) {
    TextCodec codec;
    const pb21::CompressiveEncoding* inner = &encoding;
    if (inner->has_general()) {
      codec.scheme_ = inner->general().compression().scheme();
      inner = &inner->general().values();
    }
    if (inner->has_fsst()) {
      codec.fsst_ = TRY(FsstDecoder::Parse(AsBytes(inner->fsst().symbol_table())));
      inner = &inner->fsst().values();
    }
    if (!inner->has_variable()) return Unsupported("a compression of long texts that is not read");
    return codec;
  }

  [[nodiscard]] bool is_plain() const { return scheme_ == pb21::NONE && !fsst_; }

  Result<void> Append(Bytes bytes, Values& texts) const {
    std::vector<uint8_t> raw;
    if (scheme_ != pb21::NONE) {
      raw = TRY(Decompress(scheme_, bytes));
      bytes = raw;
    }
    if (!fsst_) {
      texts.AppendText(bytes);
      return {};
    }
    TRY(fsst_->Decode(bytes, texts.data));
    texts.EndText();
    return {};
  }

 private:
  pb21::CompressionScheme scheme_ = pb21::NONE;
  std::optional<FsstDecoder> fsst_;
};

/// [control word]? [length] [bytes] a value; a null is its control word alone.
class TextZip : public PageReader {
 public:
  TextZip(PageContext page, TextCodec codec, uint64_t length_bytes, ControlWords words, RowStarts starts)
      : page_(std::move(page)), codec_(std::move(codec)), length_bytes_(length_bytes), words_(words), starts_(starts) {}

  [[nodiscard]] Result<Array> Read(int64_t first, int64_t count) const override {
    Values texts;
    Levels levels;
    texts.offsets.reserve(static_cast<size_t>(count) + 1);
    TRY(starts_.ForEachPiece(page_, first, count, kPieceBytes,
                             [&](const Buffer& zipped) { return Unzip(zipped.span(), texts, levels); }));
    return Nest(page_.shape, page_.path, levels, TRY(ToArray(std::move(texts), page_.leaf(), {})), count);
  }

 private:
  static constexpr uint64_t kPieceBytes = 256 << 10;  // read and taken apart while it is in the processor's caches

  Result<void> Unzip(Bytes rest, Values& texts, Levels& levels) const {
    if (codec_.is_plain()) texts.data.Room(rest.size());
    while (!rest.empty()) {
      if (rest.size() < words_.bytes) return page_.Broken("a value without its control word");
      const uint16_t def = words_.Append(rest.data(), levels);
      rest = rest.subspan(words_.bytes);
      if (def > page_.shape.max_visible()) continue;
      if (def > 0) {
        texts.AppendText({});
        continue;
      }
      uint64_t length = 0;
      if (rest.size() < length_bytes_) return page_.Broken("a value without its length");
      std::memcpy(&length, rest.data(), length_bytes_);
      if (length > rest.size() - length_bytes_) return page_.Broken("a value longer than its place");
      TRY(codec_.Append(rest.subspan(length_bytes_, length), texts));
      rest = rest.subspan(length_bytes_ + length);
    }
    return {};
  }

  PageContext page_;
  TextCodec codec_;
  uint64_t length_bytes_;
  ControlWords words_;
  RowStarts starts_;
};

Result<std::unique_ptr<PageReader>> OpenFixed(PageContext page, const pb21::FullZipLayout& layout) {
  const DataType& type = page.leaf();
  const auto& values = layout.value_compression();
  const bool is_list = values.has_fixed_size_list() && values.fixed_size_list().values().has_flat();
  if (!is_list && !values.has_flat())
    return Unsupported("a compression of wide fixed values that is not read", page.buffers.path);
  if (is_list != (type.id == TypeId::kFixedSizeList))
    return page.Broken("lists and " + type.ToString() + " do not go together");
  const bool has_item_validity = is_list && values.fixed_size_list().has_validity();
  const uint64_t item_validity = has_item_validity ? CeilDiv(static_cast<uint64_t>(type.width), 8) : 0;
  const int64_t bits = type.bit_width();
  if (bits <= 0 || bits % 8 != 0 || layout.bits_per_value() != static_cast<uint64_t>(bits) + 8 * item_validity)
    return page.Broken(std::to_string(layout.bits_per_value()) + " bits a value for " + type.ToString());
  const auto width = static_cast<uint64_t>(bits / 8);
  const ControlWords words = TRY(ControlWords::Of(page, layout));
  std::optional<RowStarts> starts;
  if (page.shape.has_lists()) {
    starts = TRY(RowStarts::Of(page));
  } else {
    const uint64_t stride = width + item_validity + words.bytes;
    if (page.buffers.count() < 1 || page.buffers.sizes[0] / stride < static_cast<uint64_t>(page.num_rows))
      return page.Broken("fewer bytes than rows need");
  }
  return std::unique_ptr<PageReader>(std::make_unique<FixedZip>(std::move(page), width, item_validity, words, starts));
}

Result<std::unique_ptr<PageReader>> OpenText(PageContext page, const pb21::FullZipLayout& layout) {
  if (page.leaf().bit_width() != 0) return page.Broken("lengths for values of fixed width");
  auto codec = TRY(TextCodec::Of(layout.value_compression()));
  const uint64_t length_bits = layout.bits_per_offset();
  if (length_bits != 32 && length_bits != 64) return page.Broken("lengths of " + std::to_string(length_bits) + " bits");
  const ControlWords words = TRY(ControlWords::Of(page, layout));
  const RowStarts starts = TRY(RowStarts::Of(page));
  return std::unique_ptr<PageReader>(
      std::make_unique<TextZip>(std::move(page), std::move(codec), length_bits / 8, words, starts));
}

}  // namespace

Result<std::unique_ptr<PageReader>> OpenFullZip(PageContext page, const pb21::FullZipLayout& layout) {
  if (layout.has_bits_per_value()) return OpenFixed(std::move(page), layout);
  return OpenText(std::move(page), layout);
}

}  // namespace squire::lance
