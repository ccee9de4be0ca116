#pragma once

/// IEEE half precision to and from float, without special instructions. Pure functions.

#include <bit>
#include <cstdint>

namespace squire::embed {

/// Exact for every finite value, subnormals too (infinities and NaN are not kept; tables hold none).
inline float HalfToFloat(uint16_t half) {
  const float magnitude = std::bit_cast<float>(static_cast<uint32_t>(half & 0x7FFF) << 13) * 0x1p112F;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | static_cast<uint32_t>(half & 0x8000) << 16);
}

/// Rounded to the nearest even. REQUIRES: |value| < 65504.
inline uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000;
  const float magnitude = std::bit_cast<float>(bits & 0x7FFFFFFF);
  if (magnitude < 0x1p-14F) {  // subnormal: adding 2^-1 lets the addition round at 2^-24
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(magnitude + 0.5F) - std::bit_cast<uint32_t>(0.5F)));
  }
  const uint32_t scaled = std::bit_cast<uint32_t>(magnitude) - (112U << 23);
  return static_cast<uint16_t>(sign | (scaled + 0xFFF + (scaled >> 13 & 1)) >> 13);
}

}  // namespace squire::embed
