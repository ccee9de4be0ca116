#include "io/process.h"

#include <unistd.h>

namespace squire {

int64_t ProcessId() { return ::getpid(); }

}  // namespace squire
