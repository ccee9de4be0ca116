// The kernels in 16-byte vectors of whatever the compiler's target has, without intrinsics.
#define SQUIRE_SIMD_NAMESPACE generic
#define SQUIRE_SIMD_ISA Isa::kGeneric
#define SQUIRE_SIMD_VECTOR_BYTES 16
#include "simd/impl/all.h"
