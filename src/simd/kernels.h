#pragma once

/// The table of hot loops, one table per instruction set, chosen once per process by what the CPU can run.
/// Tables are constant data: any thread may use them.
///
/// The loops are written once (impl/) in compiler vector types and compiled once per instruction set.

#include <string_view>
#include <vector>

#include "simd/kernel_table.h"

namespace squire::simd {

/// "generic", "sse42", "avx2", "avx512", "neon".
std::string_view IsaName(Isa isa);

/// The best table this CPU runs, or the one that the environment variable SQUIRE_SIMD names (generic, sse42, avx2,
/// avx512, neon) if this CPU can run it; any other value of it is ignored. Chosen at the first call.
const Kernels& ActiveKernels();

/// The table of `isa`, or nullptr where this build lacks it or this CPU cannot run it.
const Kernels* KernelsFor(Isa isa);

/// Every table that can be used here, slowest first; never empty.
std::vector<const Kernels*> RunnableKernels();

}  // namespace squire::simd
