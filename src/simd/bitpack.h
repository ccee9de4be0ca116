#pragma once

/// FastLanes bit packing with the sizes checked: 1024 unsigned values of T bits in W bits each. Pure functions.

#include "base/bytes.h"

namespace squire::simd {

/// Values in a packed block.
inline constexpr size_t kPackedValues = 1024;

/// The bytes of a packed block of `width` bits a value.
constexpr size_t PackedBytes(unsigned width) { return kPackedValues / 8 * width; }

/// Unpacks one block into 1024 values of `value_bits` each.
/// ERRORS: Corruption when value_bits is not 8, 16, 32 or 64, width is above it, or `packed` or `out` is too short.
Result<void> Unpack(Bytes packed, unsigned value_bits, unsigned width, MutableBytes out);

/// Packs 1024 values of `value_bits` into PackedBytes(width) bytes; bits above `width` are dropped.
/// ERRORS: InvalidArgument in the cases above.
Result<void> Pack(Bytes values, unsigned value_bits, unsigned width, MutableBytes packed);

/// The least width that holds every one of the values: 0 for all zeros, up to 8 * sizeof(T).
template <class T>
  requires std::is_unsigned_v<T>
unsigned WidthOf(std::span<const T> values) {
  T all = 0;
  for (T value : values) all |= value;
  return static_cast<unsigned>(std::bit_width(all));
}

}  // namespace squire::simd
