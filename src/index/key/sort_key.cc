#include "index/key/sort_key.h"

#include "base/bytes.h"
#include "base/type_kinds.h"

namespace squire::index {
namespace {

/// Signed numbers with their sign bit turned compare as unsigned ones.
template <class T>
uint64_t FromSigned(T value) {
  return static_cast<uint64_t>(static_cast<int64_t>(value)) ^ (uint64_t{1} << 63);
}

/// The total order of IEEE 754: negative ones backwards below positive ones.
uint64_t FromFloat(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | uint64_t{1} << 63;
}

}  // namespace

bool CanIndex(const DataType& type) {
  if (IsText(type.id)) return true;
  if (type.id == TypeId::kBool || type.id == TypeId::kHalfFloat || !type.children.empty()) return false;
  const int64_t bits = type.bit_width();
  return type.id != TypeId::kFixedBinary && bits > 0 && bits <= 64;
}

SortKey KeyAt(const Array& values, int64_t row) {
  SortKey key;
  key.is_valid = values.IsValid(row);
  if (!key.is_valid) return key;
  if (IsText(values.type.id)) {
    key.text = values.Text(row);
    return key;
  }
  const uint8_t* at =
      values.buffers[0].data() + static_cast<size_t>((values.offset + row) * (values.type.bit_width() / 8));
  switch (values.type.id) {
    case TypeId::kUInt8: key.number = *at; break;
    case TypeId::kUInt16: key.number = Load<uint16_t>(at); break;
    case TypeId::kUInt32: key.number = Load<uint32_t>(at); break;
    case TypeId::kUInt64: key.number = Load<uint64_t>(at); break;
    case TypeId::kFloat: key.number = FromFloat(static_cast<double>(Load<float>(at))); break;
    case TypeId::kDouble: key.number = FromFloat(Load<double>(at)); break;
    case TypeId::kInt8: key.number = FromSigned(Load<int8_t>(at)); break;
    case TypeId::kInt16: key.number = FromSigned(Load<int16_t>(at)); break;
    default: key.number = values.type.bit_width() == 32 ? FromSigned(Load<int32_t>(at)) : FromSigned(Load<int64_t>(at));
  }
  return key;
}

}  // namespace squire::index
