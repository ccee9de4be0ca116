// One page of file version 2.0: a tree of encodings over plain buffers.

#include "lance/legacy_page.h"
#include "lance_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  static const auto types = fuzz::ColumnTypes();
  fuzz::Input input(data, size);
  uint8_t type = 0;
  fuzz::PageParts page = fuzz::PartsOf(input, type);
  page.encoding_url = lance::kArrayEncodingUrl;
  page.minor = 0;
  MemoryFileSystem fs;
  fuzz::PutFile(fs, "/f", fuzz::FileAround(page, 3));
  fuzz::ReadFile(fs, "/f", types[type % types.size()], /*legacy=*/true);
  return 0;
}
