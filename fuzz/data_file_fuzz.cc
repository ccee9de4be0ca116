// A whole data file: footer, tables, column metadata, pages. First byte: the type that the columns are read as.

#include "lance_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  static const auto types = fuzz::ColumnTypes();
  fuzz::Input input(data, size);
  const uint8_t type = input.TakeByte();
  MemoryFileSystem fs;
  fuzz::PutFile(fs, "/f", input.Rest());
  fuzz::ReadFile(fs, "/f", types[type % types.size()], /*legacy=*/(type & 0x80) != 0);
  return 0;
}
