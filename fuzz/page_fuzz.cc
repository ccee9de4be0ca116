// One page of layout LAYOUT (a case of PageLayout), hostile in its description and its buffers.

#include "lance/container.h"
#include "lance/proto/encodings21.pb.h"
#include "lance_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  static const auto types = fuzz::ColumnTypes();
  fuzz::Input input(data, size);
  uint8_t type = 0;
  fuzz::PageParts page = fuzz::PartsOf(input, type);
  pb21::PageLayout layout;
  if (!layout.ParseFromArray(page.encoding.data(), static_cast<int>(page.encoding.size())) ||
      layout.layout_case() != pb21::PageLayout::LAYOUT)
    return -1;  // another target's
  page.encoding_url = lance::kPageLayoutUrl;
  if (page.minor == 0) page.minor = 2;
  MemoryFileSystem fs;
  fuzz::PutFile(fs, "/f", fuzz::FileAround(page, 1));
  fuzz::ReadFile(fs, "/f", types[type % types.size()], /*legacy=*/false);
  return 0;
}
