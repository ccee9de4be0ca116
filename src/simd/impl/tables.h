#pragma once

/// The tables that kernels_*.cc define; each file is compiled for its own instruction set.

#include "simd/kernel_table.h"

namespace squire::simd {

namespace generic {
extern const Kernels kTable;
}
#if defined(__x86_64__)
namespace sse42 {
extern const Kernels kTable;
}
namespace avx2 {
extern const Kernels kTable;
}
namespace avx512 {
extern const Kernels kTable;
}
#elif defined(__aarch64__)
namespace neon {
extern const Kernels kTable;
}
#endif

}  // namespace squire::simd
