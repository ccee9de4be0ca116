#include "base/allocate.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace squire {
namespace {

constexpr size_t kLargePageBytes = 2 << 20;

}  // namespace

Result<OwnedBytes> OwnedBytes::AllocateLasting(size_t size_bytes) {
  if (size_bytes < kLargePageBytes) return Allocate(size_bytes);
  void* memory = std::aligned_alloc(kLargePageBytes, RoundUp(size_bytes, kLargePageBytes));
  if (memory == nullptr) return OverBudget("cannot have " + std::to_string(size_bytes) + " bytes of memory");
#if defined(__linux__)
  // Whole pages of what is used: the rest would be memory that nobody asked for. It is a hint, so its answer is none.
  ::madvise(memory, size_bytes / kLargePageBytes * kLargePageBytes, MADV_HUGEPAGE);
#endif
  OwnedBytes out;
  out.owner_ = std::shared_ptr<uint8_t>(static_cast<uint8_t*>(memory), std::free);
  out.size_ = size_bytes;
  return out;
}

}  // namespace squire
