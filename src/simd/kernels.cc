#include "simd/kernels.h"

#include <cstdlib>

#include "simd/impl/tables.h"

namespace squire::simd {

namespace {

constexpr Isa kAll[] = {Isa::kGeneric, Isa::kSse42, Isa::kAvx2, Isa::kAvx512, Isa::kNeon};

#if defined(__x86_64__)
bool CpuRuns(Isa isa) {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  switch (isa) {
    case Isa::kGeneric:
    case Isa::kSse42: return true;  // the floor of this build
    case Isa::kAvx2: return avx2;
    case Isa::kAvx512:
      return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    case Isa::kNeon: return false;
  }
  return false;
}

const Kernels* Compiled(Isa isa) {
  switch (isa) {
    case Isa::kGeneric: return &generic::kTable;
    case Isa::kSse42: return &sse42::kTable;
    case Isa::kAvx2: return &avx2::kTable;
    case Isa::kAvx512: return &avx512::kTable;
    case Isa::kNeon: return nullptr;
  }
  return nullptr;
}
#elif defined(__aarch64__)
bool CpuRuns(Isa isa) { return isa == Isa::kGeneric || isa == Isa::kNeon; }  // every 64-bit ARM has NEON
const Kernels* Compiled(Isa isa) {
  if (isa == Isa::kNeon) return &neon::kTable;
  return isa == Isa::kGeneric ? &generic::kTable : nullptr;
}
#else
bool CpuRuns(Isa isa) { return isa == Isa::kGeneric; }
const Kernels* Compiled(Isa isa) { return isa == Isa::kGeneric ? &generic::kTable : nullptr; }
#endif

const Kernels& Choose() {
  const auto runnable = RunnableKernels();
  const char* wanted = std::getenv("SQUIRE_SIMD");
  for (const Kernels* table : runnable) {
    if (wanted && IsaName(table->isa) == wanted) return *table;
  }
  return *runnable.back();
}

}  // namespace

std::string_view IsaName(Isa isa) {
  switch (isa) {
    case Isa::kGeneric: return "generic";
    case Isa::kSse42: return "sse42";
    case Isa::kAvx2: return "avx2";
    case Isa::kAvx512: return "avx512";
    case Isa::kNeon: return "neon";
  }
  return "unknown";
}

const Kernels* KernelsFor(Isa isa) { return CpuRuns(isa) ? Compiled(isa) : nullptr; }

std::vector<const Kernels*> RunnableKernels() {
  std::vector<const Kernels*> tables;
  for (Isa isa : kAll) {
    if (const Kernels* table = KernelsFor(isa)) tables.push_back(table);
  }
  return tables;
}

const Kernels& ActiveKernels() {
  static const Kernels& chosen = Choose();
  return chosen;
}

}  // namespace squire::simd
