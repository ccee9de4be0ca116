#include "base/arrow_views.h"

#include <vector>

#include "base/bytes.h"
#include "base/try.h"

namespace squire::arrow {
namespace {

constexpr size_t kViewBytes = 16;
constexpr int32_t kInlineMax = 12;

/// The text of one view: its bytes in place, or in one of the buffers behind.
Result<std::string_view> Resolve(const uint8_t* view, std::span<const void* const> buffers, const int64_t* sizes) {
  const auto size = Load<int32_t>(view);
  if (size < 0) return InvalidArgument("an Arrow view of negative size");
  if (size <= kInlineMax) return AsText({view + 4, static_cast<size_t>(size)});
  const auto index = Load<int32_t>(view + 8);
  const auto offset = Load<int32_t>(view + 12);
  if (index < 0 || static_cast<size_t>(index) >= buffers.size() || offset < 0 ||
      int64_t{offset} + size > Load<int64_t>(sizes + index) || buffers[static_cast<size_t>(index)] == nullptr)
    return InvalidArgument("an Arrow view points outside its buffers");
  const auto* bytes = static_cast<const uint8_t*>(buffers[static_cast<size_t>(index)]);
  return AsText({bytes + offset, static_cast<size_t>(size)});
}

/// Index `row`, or -1 for what cannot be one.
int64_t IndexAt(const Array& indices, int64_t row) {
  const auto at = static_cast<size_t>(row);
  switch (indices.type.id) {
    case TypeId::kInt8: return indices.values<int8_t>()[at];
    case TypeId::kUInt8: return indices.values<uint8_t>()[at];
    case TypeId::kInt16: return indices.values<int16_t>()[at];
    case TypeId::kUInt16: return indices.values<uint16_t>()[at];
    case TypeId::kInt32: return indices.values<int32_t>()[at];
    case TypeId::kUInt32: return indices.values<uint32_t>()[at];
    case TypeId::kInt64: return indices.values<int64_t>()[at];
    case TypeId::kUInt64: return static_cast<int64_t>(indices.values<uint64_t>()[at]);
    default: return -1;
  }
}

}  // namespace

Result<Array> FromViews(const ArrowArray& from, Array shape) {
  const auto count = static_cast<size_t>(from.n_buffers);
  const std::span<const void* const> behind(from.buffers + 2, count - 3);
  const auto* sizes = static_cast<const int64_t*>(from.buffers[count - 1]);
  const auto* views = static_cast<const uint8_t*>(from.buffers[1]);
  if (shape.length > 0 && (views == nullptr || (sizes == nullptr && !behind.empty())))
    return InvalidArgument("a buffer of an Arrow array of views is missing");
  ArrayBuilder builder(shape.type);
  for (int64_t row = 0; row < shape.length; row++) {
    if (!shape.IsValid(row)) {
      builder.AppendNull();
      continue;
    }
    const uint8_t* view = views + static_cast<size_t>(shape.offset + row) * kViewBytes;
    builder.AppendText(TRY(Resolve(view, behind, sizes)));
  }
  return builder.Finish();
}

Result<Array> FromDictionary(const Array& indices, const Array& values) {
  const bool is_text = values.type.id == TypeId::kString || values.type.id == TypeId::kLargeString ||
                       values.type.id == TypeId::kBinary || values.type.id == TypeId::kLargeBinary;
  if (!is_text && (values.type.bit_width() == 0 || !values.type.children.empty()))
    return Unsupported("a dictionary of " + values.type.ToString() + " is not supported as a column type");
  ArrayBuilder builder(values.type);
  for (int64_t row = 0; row < indices.length; row++) {
    if (!indices.IsValid(row)) {
      builder.AppendNull();
      continue;
    }
    const int64_t index = IndexAt(indices, row);
    if (index < 0 || index >= values.length)
      return InvalidArgument("an Arrow dictionary of " + std::to_string(values.length) + " values lacks index " +
                             std::to_string(index));
    builder.AppendFrom(values, index);
  }
  return builder.Finish();
}

}  // namespace squire::arrow
