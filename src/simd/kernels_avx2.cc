// The kernels for avx2; CMakeLists.txt gives this file its flags.
#if defined(__x86_64__)
#define SQUIRE_SIMD_NAMESPACE avx2
#define SQUIRE_SIMD_ISA Isa::kAvx2
#define SQUIRE_SIMD_VECTOR_BYTES 32
#define SQUIRE_SIMD_X86
#include "simd/impl/all.h"
#endif
