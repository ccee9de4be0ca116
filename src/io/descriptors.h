#pragma once

/// The descriptors of this process. Plain functions; any thread.

#include <cstdint>

namespace squire {

/// How many are open.
uint64_t OpenDescriptors();
/// How many may be (the soft limit).
uint64_t DescriptorLimit();

}  // namespace squire
