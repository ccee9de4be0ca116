// The kernels for avx512; CMakeLists.txt gives this file its flags.
#if defined(__x86_64__)
#define SQUIRE_SIMD_NAMESPACE avx512
#define SQUIRE_SIMD_ISA Isa::kAvx512
#define SQUIRE_SIMD_VECTOR_BYTES 64
#define SQUIRE_SIMD_X86
#include "simd/impl/all.h"
#endif
