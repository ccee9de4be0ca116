// FSST: a symbol table and codes.

#include "input.h"
#include "lance/fsst.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  fuzz::Input input(data, size);
  const auto decoder = lance::FsstDecoder::Parse(input.Take(input.TakeU16()));
  if (!decoder) return 0;
  const Bytes codes = input.Rest();
  lance::GrowBuffer text;
  if (decoder->Decode(codes, text)) fuzz::Require(text.size() <= codes.size() * 8, "a code is at most eight bytes");
  return 0;
}
