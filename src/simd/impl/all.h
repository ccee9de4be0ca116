// Included once by each kernels_*.cc, which defines SQUIRE_SIMD_NAMESPACE, SQUIRE_SIMD_ISA and
// SQUIRE_SIMD_VECTOR_BYTES, and SQUIRE_SIMD_X86 or SQUIRE_SIMD_NEON where intrinsics may be used.
//
// These files are compiled with flags above the floor, so nothing in them may become a function that the linker could
// share with other files: every function is in an unnamed namespace, and no C++ library header with inline code is
// used.

#if defined(SQUIRE_SIMD_X86)
#include <immintrin.h>
#elif defined(SQUIRE_SIMD_NEON)
#include <arm_neon.h>
#endif

#include "simd/impl/tables.h"

namespace squire::simd::SQUIRE_SIMD_NAMESPACE {
namespace {
#include "simd/impl/vector.inc"

#include "simd/impl/bitpack.inc"
#include "simd/impl/classify.inc"
#include "simd/impl/distance.inc"
#include "simd/impl/half.inc"
#include "simd/impl/quantized.inc"
#include "simd/impl/select.inc"
}  // namespace

const Kernels kTable = {
    SQUIRE_SIMD_ISA, L2,       Dot,      DotSquare,    HalfToFloat, FloatToHalf, PopCount, Unpack1024,
    Pack1024,        Classify, ScanBits, EstimateRows, CodeDot,     Quantize,    Rotate,   MaskAtLeast,
};

}  // namespace squire::simd::SQUIRE_SIMD_NAMESPACE
