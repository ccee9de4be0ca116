// Pages whose every value is the same, or null: the value stands in the page's description or in a buffer; which rows
// are null, in definition levels.

#include <optional>

#include "lance/codec.h"
#include "lance/layout.h"

namespace squire::lance {
namespace {

class ConstantPage : public PageReader {
 public:
  /// `one`: an array of the value, or empty when all rows are null. `validity`: a byte a row, or empty.
  ConstantPage(DataType type, Array one, std::vector<uint8_t> validity)
      : type_(std::move(type)), one_(std::move(one)), validity_(std::move(validity)) {}

  [[nodiscard]] Result<Array> Read(int64_t first, int64_t count) const override {
    ArrayBuilder builder(type_);
    for (int64_t row = first; row < first + count; row++) {
      const bool valid = one_.length > 0 && (validity_.empty() || validity_[static_cast<size_t>(row)] != 0);
      if (valid)
        builder.AppendFrom(one_, 0);
      else
        builder.AppendNull();
    }
    return builder.Finish();
  }

 private:
  DataType type_;
  Array one_;
  std::vector<uint8_t> validity_;
};

Result<Array> OneOf(const PageContext& page, Bytes value) {
  ArrayBuilder builder(page.type);
  if (page.type.id == TypeId::kBool) {
    if (value.size() != 1) return page.Broken("a constant boolean of " + std::to_string(value.size()) + " bytes");
    builder.AppendBool((value[0] & 1) != 0);
  } else if (page.type.bit_width() > 0) {
    if (std::ssize(value) * 8 != page.type.bit_width())
      return page.Broken("a constant of " + std::to_string(value.size()) + " bytes for " + page.type.ToString());
    builder.AppendBytes(value.data(), value.size());
  } else {
    builder.AppendText(AsText(value));
  }
  return builder.Finish();
}

/// Buffer 0 of a value that is too wide for the description: u32 buffers, u32 size of each, then the Arrow buffers of
/// an array of that one value; the last holds its bytes.
Result<Array> OneFromBuffer(const PageContext& page) {
  const Buffer buffer = TRY(page.buffers.ReadAll(0));
  ByteReader reader(buffer.span(), "constant value");
  const auto count = TRY(reader.Read<uint32_t>());
  if (count < 1 || count > 8) return page.Broken("a constant value of " + std::to_string(count) + " buffers");
  std::vector<uint64_t> sizes;
  for (uint32_t i = 0; i < count; i++) sizes.push_back(TRY(reader.Read<uint32_t>()));
  Bytes last;
  for (uint64_t size : sizes) last = TRY(reader.Take(size));
  return OneOf(page, last);
}

Result<std::vector<uint8_t>> ReadValidity(const PageContext& page, const pb21::ConstantLayout& layout, size_t buffer) {
  std::vector<uint8_t> validity;
  const Buffer bytes = TRY(page.buffers.ReadAll(buffer));
  if (bytes.empty()) return validity;
  pb21::CompressiveEncoding raw;
  raw.mutable_flat()->set_bits_per_value(16);
  const auto& encoding = layout.has_def_compression() ? layout.def_compression() : raw;
  const Values levels = TRY(DecodeBlock(encoding, bytes.span(), static_cast<uint64_t>(page.num_rows)));
  if (levels.bits != 16) return page.Broken("levels that are not of 16 bits");
  for (int64_t row = 0; row < levels.count; row++) validity.push_back(levels.Number(row) == 0 ? 1 : 0);
  return validity;
}

}  // namespace

Result<std::unique_ptr<PageReader>> OpenConstant(PageContext page, const pb21::ConstantLayout& layout) {
  (void)TRY(IsNullable(layout.layers()));
  const size_t buffers = page.buffers.count();
  if (buffers > 3) return page.Broken("a constant page of " + std::to_string(buffers) + " buffers");
  Array one;
  if (layout.has_inline_value())
    one = TRY(OneOf(page, AsBytes(layout.inline_value())));
  else if (buffers % 2 == 1)
    one = TRY(OneFromBuffer(page));
  // The levels of lists come before those of nulls; a flat column has none of the former.
  std::vector<uint8_t> validity;
  if (buffers >= 2) validity = TRY(ReadValidity(page, layout, buffers - 1));
  return std::unique_ptr<PageReader>(std::make_unique<ConstantPage>(page.type, std::move(one), std::move(validity)));
}

}  // namespace squire::lance
