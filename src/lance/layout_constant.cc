// Pages whose every value is the same, or null: the value stands in the page's description or in a buffer; which rows
// are null, in definition levels.

#include <optional>

#include "lance/codec.h"
#include "lance/layout.h"

namespace squire::lance {
namespace {

class ConstantPage : public PageReader {
 public:
  /// `one`: an array of the value, or empty when all values are null.
  ConstantPage(PageContext page, Array one, Levels levels)
      : page_(std::move(page)), one_(std::move(one)), levels_(std::move(levels)) {}

  [[nodiscard]] Result<Array> Read(int64_t first, int64_t count) const override {
    const Shape& shape = page_.shape;
    if (levels_.count() == 0) {
      if (one_.length == 0) return NullArray(page_.path, count);
      return Nest(shape, page_.path, {}, TRY(Repeat(count)), count);
    }
    if (shape.has_lists()) {
      LevelRange range = TRY(SliceRows(shape, levels_, 0, first, count));
      return Nest(shape, page_.path, range.levels, TRY(Repeat(range.values)), count);
    }
    Levels levels;
    levels.def.assign(levels_.def.begin() + first, levels_.def.begin() + first + count);
    return Nest(shape, page_.path, levels, TRY(Repeat(count)), count);
  }

 private:
  [[nodiscard]] Result<Array> Repeat(int64_t count) const {
    if (one_.length == 0) return NullArray(page_.leaf(), count);
    return TakeRows(one_, std::vector<int64_t>(static_cast<size_t>(count), 0));
  }

  PageContext page_;
  Array one_;
  Levels levels_;
};

Result<Array> OneOf(const PageContext& page, Bytes value) {
  const DataType& type = page.leaf();
  ArrayBuilder builder(type);
  if (type.id == TypeId::kBool) {
    if (value.size() != 1) return page.Broken("a constant boolean of " + std::to_string(value.size()) + " bytes");
    builder.AppendBool((value[0] & 1) != 0);
  } else if (type.bit_width() > 0) {
    if (std::ssize(value) * 8 != type.bit_width())
      return page.Broken("a constant of " + std::to_string(value.size()) + " bytes for " + type.ToString());
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

/// Levels of buffer `buffer`, raw unless the page says otherwise.
Result<std::vector<uint16_t>> ReadLevels(const PageContext& page, size_t buffer, bool is_compressed,
                                         const pb21::CompressiveEncoding& encoding, uint64_t count) {
  const Buffer bytes = TRY(page.buffers.ReadAll(buffer));
  if (bytes.empty()) return std::vector<uint16_t>();
  if (is_compressed) return DecodeLevels(encoding, bytes.span(), count);
  return CopyLevels(bytes.span());
}

}  // namespace

Result<std::unique_ptr<PageReader>> OpenConstant(PageContext page, const pb21::ConstantLayout& layout) {
  const size_t buffers = page.buffers.count();
  if (buffers > 3) return page.Broken("a constant page of " + std::to_string(buffers) + " buffers");
  Array one;
  if (layout.has_inline_value())
    one = TRY(OneOf(page, AsBytes(layout.inline_value())));
  else if (buffers % 2 == 1)
    one = TRY(OneFromBuffer(page));
  Levels levels;
  if (buffers >= 2) {
    levels.rep = TRY(
        ReadLevels(page, buffers - 2, layout.has_rep_compression(), layout.rep_compression(), layout.num_rep_values()));
    levels.def = TRY(
        ReadLevels(page, buffers - 1, layout.has_def_compression(), layout.def_compression(), layout.num_def_values()));
  }
  const auto entries = static_cast<int64_t>(levels.count());
  const bool has_lists = page.shape.has_lists();
  if (!levels.rep.empty() && !levels.def.empty() && levels.rep.size() != levels.def.size())
    return page.Broken("levels of two lengths");
  if (entries > 0 && (levels.rep.empty() == has_lists || (!has_lists && entries < page.num_rows)))
    return page.Broken("levels that are not of its rows");
  if (entries == 0 && has_lists && one.length > 0) return page.Broken("lists without their levels");
  return std::unique_ptr<PageReader>(
      std::make_unique<ConstantPage>(std::move(page), std::move(one), std::move(levels)));
}

}  // namespace squire::lance
