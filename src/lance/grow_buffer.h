#pragma once

/// Bytes that grow at the end and then become a Buffer: a vector that does not write what is about to be overwritten.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/bytes.h"
#include "squire/array.h"

namespace squire::lance {

class GrowBuffer {
 public:
  GrowBuffer() = default;
  GrowBuffer(GrowBuffer&& other) noexcept { *this = std::move(other); }
  GrowBuffer& operator=(GrowBuffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  GrowBuffer(const GrowBuffer&) = delete;
  GrowBuffer& operator=(const GrowBuffer&) = delete;
  ~GrowBuffer() { std::free(bytes_); }

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const uint8_t* data() const { return bytes_; }
  [[nodiscard]] Bytes span() const { return {bytes_, size_}; }

  void reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    auto* grown = static_cast<uint8_t*>(std::realloc(bytes_, capacity));
    if (grown == nullptr) throw std::bad_alloc();
    bytes_ = grown;
    capacity_ = capacity;
  }
  /// Room for `size_bytes` more behind the end; what is used of it is told to Commit.
  uint8_t* Room(size_t size_bytes) {
    if (size_bytes > capacity_ - size_) reserve(std::max(size_ + size_bytes, capacity_ + capacity_ / 2 + 64));
    return bytes_ + size_;
  }
  void Commit(size_t size_bytes) { size_ += size_bytes; }
  void Append(Bytes bytes) {
    if (bytes.empty()) return;
    std::memcpy(Room(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  /// The bytes; the buffer is empty then.
  Buffer Freeze() {
    const std::shared_ptr<const void> owner(bytes_, std::free);
    Buffer out(owner, bytes_, size_);
    bytes_ = nullptr;
    size_ = capacity_ = 0;
    return out;
  }

 private:
  uint8_t* bytes_ = nullptr;
  size_t size_ = 0, capacity_ = 0;
};

}  // namespace squire::lance
