#pragma once

/// Memory for page buffers: aligned for any kernel, not zeroed.

#include <cstdlib>
#include <memory>

#include "base/bytes.h"
#include "squire/array.h"

namespace squire {

/// Bytes to be filled and then frozen into a Buffer.
class OwnedBytes {
 public:
  /// ERRORS: OverBudget when memory cannot be had.
  static Result<OwnedBytes> Allocate(size_t size_bytes) {
    const size_t rounded = RoundUp(size_bytes + 1, 64);  // aligned_alloc wants a multiple, and never nothing
    void* memory = std::aligned_alloc(64, rounded);
    if (memory == nullptr) return OverBudget("cannot have " + std::to_string(rounded) + " bytes of memory");
    OwnedBytes out;
    out.owner_ = std::shared_ptr<uint8_t>(static_cast<uint8_t*>(memory), std::free);
    out.size_ = size_bytes;
    return out;
  }

  /// As Allocate, for memory that is read over and over: on large pages where the system has any, which it then reaches
  /// faster.
  static Result<OwnedBytes> AllocateLasting(size_t size_bytes);

  [[nodiscard]] uint8_t* data() const { return owner_.get(); }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] MutableBytes span() const { return {owner_.get(), size_}; }
  [[nodiscard]] Buffer Freeze() const { return {owner_, owner_.get(), size_}; }

 private:
  std::shared_ptr<uint8_t> owner_;
  size_t size_ = 0;
};

}  // namespace squire
