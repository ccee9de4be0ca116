#include "lance/values.h"

#include <algorithm>
#include <limits>

#include "base/bits.h"

namespace squire::lance {

Result<Values> Gather(const Values& dictionary, const Values& indices) {
  if (indices.bits != 8 && indices.bits != 16 && indices.bits != 32 && indices.bits != 64)
    return Corruption("dictionary indices of " + std::to_string(indices.bits) + " bits");
  if (!dictionary.is_text() && dictionary.bits % 8 != 0) return Unsupported("dictionaries of booleans");
  Values out;
  out.bits = dictionary.bits;
  const size_t width = dictionary.bits / 8;
  for (int64_t row = 0; row < indices.count; row++) {
    const uint64_t index = indices.Number(row);
    if (index >= static_cast<uint64_t>(dictionary.count))
      return Corruption("entry " + std::to_string(index) + " of a dictionary of " + std::to_string(dictionary.count));
    if (dictionary.is_text()) {
      out.AppendText(dictionary.Text(static_cast<int64_t>(index)));
      continue;
    }
    out.data.Append(dictionary.data.span().subspan(index * width, width));
    out.count++;
  }
  return out;
}

namespace {

Buffer ValidityBits(std::span<const uint8_t> validity) {
  if (std::ranges::find(validity, uint8_t{0}) == validity.end()) return {};
  return PackBits(validity);
}

Result<Buffer> Offsets(const std::vector<int64_t>& offsets, bool wide) {
  std::vector<uint8_t> out;
  out.reserve(offsets.size() * (wide ? 8 : 4));
  for (int64_t offset : offsets) {
    if (wide) {
      Put<int64_t>(out, offset);
    } else {
      if (offset > std::numeric_limits<int32_t>::max())
        return OverBudget("over 2 GiB of text were read at once; read fewer rows");
      Put<int32_t>(out, static_cast<int32_t>(offset));
    }
  }
  return Buffer::Of(std::move(out));
}

}  // namespace

Result<Array> ToArray(Values values, const DataType& type, std::span<const uint8_t> validity) {
  if (static_cast<int64_t>(values.bits) != type.bit_width())
    return Corruption("values of " + std::to_string(values.bits) + " bits for " + type.ToString());
  Array out;
  out.type = type;
  out.length = values.count;
  out.validity = ValidityBits(validity);
  if (values.is_text()) {
    const bool wide = type.id == TypeId::kLargeString || type.id == TypeId::kLargeBinary;
    out.buffers = {TRY(Offsets(values.offsets, wide)), values.data.Freeze()};
  } else if (type.id == TypeId::kFixedSizeList) {
    Array items;
    items.type = type.children[0].type;
    items.length = values.count * type.width;
    if (!values.item_validity.empty() && std::ssize(values.item_validity) != items.length)
      return Corruption("the validity of list items is not of their number");
    if (!values.item_validity.empty()) items.validity = PackBits(values.item_validity);
    items.buffers.push_back(values.data.Freeze());
    out.children.push_back(std::move(items));
  } else {
    out.buffers.push_back(values.data.Freeze());
  }
  return out;
}

}  // namespace squire::lance
