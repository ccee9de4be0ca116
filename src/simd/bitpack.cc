#include "simd/bitpack.h"

#include "simd/kernels.h"

namespace squire::simd {

namespace {

bool Fits(unsigned value_bits, unsigned width, size_t packed_size, size_t values_size) {
  const bool known = value_bits == 8 || value_bits == 16 || value_bits == 32 || value_bits == 64;
  return known && width <= value_bits && packed_size >= PackedBytes(width) &&
         values_size >= kPackedValues * value_bits / 8;
}

std::string Describe(unsigned value_bits, unsigned width, size_t packed_size, size_t values_size) {
  return "bit packing of " + std::to_string(value_bits) + "-bit values in " + std::to_string(width) +
         " bits does not fit " + std::to_string(packed_size) + " packed and " + std::to_string(values_size) +
         " unpacked bytes";
}

}  // namespace

Result<void> Unpack(Bytes packed, unsigned value_bits, unsigned width, MutableBytes out) {
  if (!Fits(value_bits, width, packed.size(), out.size())) {
    return Corruption(Describe(value_bits, width, packed.size(), out.size()));
  }
  ActiveKernels().unpack1024(packed.data(), value_bits, width, out.data());
  return {};
}

Result<void> Pack(Bytes values, unsigned value_bits, unsigned width, MutableBytes packed) {
  if (!Fits(value_bits, width, packed.size(), values.size())) {
    return InvalidArgument(Describe(value_bits, width, packed.size(), values.size()));
  }
  ActiveKernels().pack1024(values.data(), value_bits, width, packed.data());
  return {};
}

}  // namespace squire::simd
