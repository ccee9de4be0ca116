// Pages of wide values, each zipped with its control byte: fixed-size lists at a constant stride, texts behind an
// index.

#include <optional>

#include "base/allocate.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "lance/codec.h"
#include "lance/fsst.h"
#include "lance/layout.h"

namespace squire::lance {
namespace {

/// Validity bits from one control byte a row. Empty when all are valid.
class ValidityBits {
 public:
  void Append(bool valid) {
    if ((length_ & 7) == 0) bits_.push_back(0);
    if (valid)
      bits_.back() |= static_cast<uint8_t>(1u << (length_ & 7));
    else
      nulls_++;
    length_++;
  }
  Buffer Finish() { return nulls_ > 0 ? Buffer::Of(std::move(bits_)) : Buffer(); }

 private:
  std::vector<uint8_t> bits_;
  int64_t length_ = 0, nulls_ = 0;
};

/// Values of `width` bytes, behind a control byte when the page is nullable and behind their items' validity bits when
/// those are kept.
class FixedZip : public PageReader {
 public:
  FixedZip(PageContext page, uint64_t width, uint64_t item_validity_bytes, bool nullable)
      : page_(std::move(page)), width_(width), item_validity_(item_validity_bytes), control_(nullable ? 1 : 0) {}

  [[nodiscard]] Result<Array> Read(int64_t first, int64_t count) const override {
    const uint64_t stride = control_ + item_validity_ + width_;
    const auto rows = static_cast<uint64_t>(count);
    const Buffer zipped = TRY(page_.buffers.Read(0, static_cast<uint64_t>(first) * stride, rows * stride));
    if (stride == width_) return Wrap(zipped, Buffer(), count);
    OwnedBytes values = TRY(OwnedBytes::Allocate(rows * width_));
    ValidityBits validity;
    std::vector<uint8_t> item_validity;
    for (uint64_t row = 0; row < rows; row++) {
      const uint8_t* at = zipped.data() + row * stride;
      validity.Append(control_ == 0 || *at == 0);
      AppendItemValidity({at + control_, item_validity_}, item_validity);
      std::memcpy(values.data() + row * width_, at + control_ + item_validity_, width_);
    }
    Array out = Wrap(values.Freeze(), validity.Finish(), count);
    if (!item_validity.empty()) out.children[0].validity = PackBits(item_validity);
    return out;
  }

 private:
  [[nodiscard]] Array Wrap(Buffer values, Buffer validity, int64_t count) const {
    Array out;
    out.type = page_.type;
    out.length = count;
    out.validity = std::move(validity);
    if (page_.type.id == TypeId::kFixedSizeList) {
      Array items;
      items.type = page_.type.children[0].type;
      items.length = count * page_.type.width;
      items.buffers.push_back(std::move(values));
      out.children.push_back(std::move(items));
    } else {
      out.buffers.push_back(std::move(values));
    }
    return out;
  }

  void AppendItemValidity(Bytes bits, std::vector<uint8_t>& out) const {
    const int64_t items = bits.empty() ? 0 : page_.type.width;
    for (int64_t i = 0; i < items; i++) out.push_back((bits[static_cast<size_t>(i / 8)] >> (i % 8)) & 1);
  }

  PageContext page_;
  uint64_t width_;
  uint64_t item_validity_;
  uint64_t control_;
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

  Result<void> Append(Bytes bytes, ArrayBuilder& builder) const {
    std::vector<uint8_t> raw, text;
    if (scheme_ != pb21::NONE) {
      raw = TRY(Decompress(scheme_, bytes));
      bytes = raw;
    }
    if (fsst_) {
      TRY(fsst_->Decode(bytes, text));
      bytes = text;
    }
    builder.AppendText(AsText(bytes));
    return {};
  }

 private:
  pb21::CompressionScheme scheme_ = pb21::NONE;
  std::optional<FsstDecoder> fsst_;
};

/// [control byte]? [length] [bytes] a value; buffer 1 tells where each begins.
class TextZip : public PageReader {
 public:
  TextZip(PageContext page, TextCodec codec, uint64_t length_bytes, bool nullable, uint64_t index_width)
      : page_(std::move(page)),
        codec_(std::move(codec)),
        length_bytes_(length_bytes),
        control_(nullable ? 1 : 0),
        index_width_(index_width) {}

  [[nodiscard]] Result<Array> Read(int64_t first, int64_t count) const override {
    const auto rows = static_cast<uint64_t>(count);
    const Buffer index =
        TRY(page_.buffers.Read(1, static_cast<uint64_t>(first) * index_width_, (rows + 1) * index_width_));
    const uint64_t begin = Start(index, 0), end = Start(index, rows);
    if (begin > end) return page_.Broken("the repetition index goes back");
    const Buffer zipped = TRY(page_.buffers.Read(0, begin, end - begin));
    ArrayBuilder builder(page_.type);
    for (uint64_t row = 0; row < rows; row++) {
      const uint64_t from = Start(index, row) - begin, to = Start(index, row + 1) - begin;
      if (from > to || to > zipped.size()) return page_.Broken("the repetition index goes back");
      TRY(AppendValue(zipped.span().subspan(from, to - from), builder));
    }
    return builder.Finish();
  }

 private:
  [[nodiscard]] uint64_t Start(const Buffer& index, uint64_t at) const {
    uint64_t value = 0;
    std::memcpy(&value, index.data() + at * index_width_, index_width_);
    return value;
  }

  Result<void> AppendValue(Bytes value, ArrayBuilder& builder) const {
    if (control_ > 0) {
      if (value.empty()) return page_.Broken("a value without its control byte");
      if (value[0] != 0) {
        builder.AppendNull();
        return {};
      }
      value = value.subspan(1);
    }
    uint64_t length = 0;
    if (value.size() < length_bytes_) return page_.Broken("a value without its length");
    std::memcpy(&length, value.data(), length_bytes_);
    if (length > value.size() - length_bytes_) return page_.Broken("a value longer than its place");
    return codec_.Append(value.subspan(length_bytes_, length), builder);
  }

  PageContext page_;
  TextCodec codec_;
  uint64_t length_bytes_;
  uint64_t control_;
  uint64_t index_width_;
};

Result<std::unique_ptr<PageReader>> OpenFixed(PageContext page, const pb21::FullZipLayout& layout, bool nullable) {
  const auto& values = layout.value_compression();
  const bool is_list = values.has_fixed_size_list() && values.fixed_size_list().values().has_flat();
  if (!is_list && !values.has_flat())
    return Unsupported("a compression of wide fixed values that is not read", page.buffers.path);
  if (is_list != (page.type.id == TypeId::kFixedSizeList))
    return page.Broken("lists and " + page.type.ToString() + " do not go together");
  const bool has_item_validity = is_list && values.fixed_size_list().has_validity();
  const uint64_t item_validity = has_item_validity ? CeilDiv(static_cast<uint64_t>(page.type.width), 8) : 0;
  const int64_t bits = page.type.bit_width();
  if (bits <= 0 || bits % 8 != 0 || layout.bits_per_value() != static_cast<uint64_t>(bits) + 8 * item_validity)
    return page.Broken(std::to_string(layout.bits_per_value()) + " bits a value for " + page.type.ToString());
  const auto width = static_cast<uint64_t>(bits / 8);
  const uint64_t stride = width + item_validity + (nullable ? 1 : 0);
  if (page.buffers.count() < 1 || page.buffers.sizes[0] / stride < static_cast<uint64_t>(page.num_rows))
    return page.Broken("fewer bytes than rows need");
  return std::unique_ptr<PageReader>(std::make_unique<FixedZip>(std::move(page), width, item_validity, nullable));
}

Result<std::unique_ptr<PageReader>> OpenText(PageContext page, const pb21::FullZipLayout& layout, bool nullable) {
  if (page.type.bit_width() != 0) return page.Broken("lengths for values of fixed width");
  auto codec = TRY(TextCodec::Of(layout.value_compression()));
  const uint64_t length_bits = layout.bits_per_offset();
  if (length_bits != 32 && length_bits != 64) return page.Broken("lengths of " + std::to_string(length_bits) + " bits");
  if (page.buffers.count() != 2) return page.Broken("texts without a repetition index");
  const uint64_t index_width = page.buffers.sizes[1] / (static_cast<uint64_t>(page.num_rows) + 1);
  if (index_width * (static_cast<uint64_t>(page.num_rows) + 1) != page.buffers.sizes[1] ||
      (index_width != 1 && index_width != 2 && index_width != 4 && index_width != 8))
    return page.Broken("a repetition index of " + std::to_string(page.buffers.sizes[1]) + " bytes");
  return std::unique_ptr<PageReader>(
      std::make_unique<TextZip>(std::move(page), std::move(codec), length_bits / 8, nullable, index_width));
}

}  // namespace

Result<std::unique_ptr<PageReader>> OpenFullZip(PageContext page, const pb21::FullZipLayout& layout) {
  const bool nullable = TRY(IsNullable(layout.layers())) && layout.bits_def() > 0;
  if (layout.bits_rep() != 0 || layout.bits_def() > 1) return Unsupported("nested full-zip pages are not read yet");
  if (layout.num_items() != static_cast<uint64_t>(page.num_rows)) return page.Broken("items and rows differ");
  if (layout.details_case() == pb21::FullZipLayout::kBitsPerOffset) return OpenText(std::move(page), layout, nullable);
  return OpenFixed(std::move(page), layout, nullable);
}

}  // namespace squire::lance
