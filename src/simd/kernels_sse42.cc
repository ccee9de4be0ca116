// The kernels for sse42; CMakeLists.txt gives this file its flags.
#if defined(__x86_64__)
#define SQUIRE_SIMD_NAMESPACE sse42
#define SQUIRE_SIMD_ISA Isa::kSse42
#define SQUIRE_SIMD_VECTOR_BYTES 16
#define SQUIRE_SIMD_X86
#include "simd/impl/all.h"
#endif
