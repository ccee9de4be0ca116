// The file of a tree's options.

#include "input.h"
#include "sync/config.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)squire::sync::ParseTreeOptions({data, size}, "fuzz");
  return 0;
}
