// The kernels for 64-bit ARM, whose floor has NEON.
#if defined(__aarch64__)
#define SQUIRE_SIMD_NAMESPACE neon
#define SQUIRE_SIMD_ISA Isa::kNeon
#define SQUIRE_SIMD_VECTOR_BYTES 16
#define SQUIRE_SIMD_NEON
#include "simd/impl/all.h"
#endif
