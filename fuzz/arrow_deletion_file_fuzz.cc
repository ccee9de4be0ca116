// A deletion file in the Arrow form.

#include "input.h"
#include "lance/deletion_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  fuzz::Input input(data, size);
  const uint64_t num_rows = input.TakeU32() & 0xfffff;
  const auto rows = lance::ParseArrowDeletions(input.Rest(), num_rows);
  if (rows) fuzz::Require(rows->count() <= num_rows, "no more rows go than there are");
  return 0;
}
