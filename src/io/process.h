#pragma once

/// Which process this is: after a fork(2) the child has what its parent had in memory, and must not act for it.

#include <cstdint>

namespace squire {

int64_t ProcessId();

}  // namespace squire
