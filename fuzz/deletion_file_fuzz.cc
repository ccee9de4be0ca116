// A deletion file as a Roaring bitmap: what it says can be written and says the same again.

#include "input.h"
#include "lance/deletion_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  fuzz::Input input(data, size);
  const uint64_t num_rows = input.TakeU32() & 0xfffff;
  const auto rows = lance::ParseRoaring(input.Rest(), num_rows);
  if (!rows) return 0;
  const auto again = lance::ParseRoaring(lance::SerializeRoaring(*rows), num_rows);
  fuzz::Require(again && again->count() == rows->count(), "what is written is what was read");
  fuzz::Require(again->words().size() == rows->words().size() &&
                    std::equal(again->words().begin(), again->words().end(), rows->words().begin()),
                "what is written is what was read");
  return 0;
}
