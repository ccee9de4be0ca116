// Compressions by themselves: a description, a count, buffers; as a block and as a chunk.

#include "input.h"
#include "lance/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  fuzz::Input input(data, size);
  const uint32_t count = input.TakeU32() & 0x3ffff;
  pb21::CompressiveEncoding encoding;
  const Bytes description = input.Take(input.TakeU16());
  if (!encoding.ParseFromArray(description.data(), static_cast<int>(description.size()))) return -1;
  const Bytes first = input.Take(input.TakeU32());
  const Bytes buffers[] = {first, input.Rest()};
  if (const auto block = lance::DecodeBlock(encoding, first, count))
    fuzz::Require(block->count == static_cast<int64_t>(count), "as many values come as were asked for");
  for (size_t n : {size_t{1}, size_t{2}}) {
    lance::Values values;
    if (lance::DecodeChunk(encoding, std::span(buffers).first(n), count, values))
      fuzz::Require(values.count == static_cast<int64_t>(count), "as many values come as were asked for");
  }
  return 0;
}
