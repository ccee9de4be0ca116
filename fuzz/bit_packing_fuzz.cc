// Bit packing: what was packed unpacks to the same, in every width; hostile sizes are refused.

#include "input.h"
#include "simd/bitpack.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  fuzz::Input input(data, size);
  const unsigned bits = 8u << (input.TakeByte() % 5), width = input.TakeByte() % 72;
  const Bytes packed = input.Rest();
  std::vector<uint8_t> values(simd::kPackedValues * bits / 8), again(packed.begin(), packed.end());
  if (!simd::Unpack(packed, bits, width, values)) return 0;
  fuzz::Require(simd::Pack(values, bits, width, again).has_value(), "what was unpacked can be packed");
  fuzz::Require(
      std::equal(again.begin(), again.begin() + static_cast<ptrdiff_t>(simd::PackedBytes(width)), packed.begin()),
      "packing undoes unpacking");
  return 0;
}
