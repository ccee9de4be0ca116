#pragma once

/// Little-endian loads and stores, and a bounds-checked reader over a byte span.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/try.h"

namespace squire {

static_assert(std::endian::native == std::endian::little, "the formats here are little endian, and so is every target");

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline Bytes AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string_view AsText(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

template <class T>
  requires std::is_trivially_copyable_v<T>
T Load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <class T>
  requires std::is_trivially_copyable_v<T>
void Store(void* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

/// Appends the little-endian bytes of `value` to `out` (std::string or std::vector<uint8_t>).
template <class T, class Out>
  requires std::is_trivially_copyable_v<T>
void Put(Out& out, T value) {
  const auto* raw = reinterpret_cast<const typename Out::value_type*>(&value);
  out.insert(out.end(), raw, raw + sizeof(T));
}

/// Pads `out` with `fill` to a multiple of `alignment`.
template <class Out>
void PadTo(Out& out, size_t alignment, uint8_t fill = 0) {
  out.resize((out.size() + alignment - 1) / alignment * alignment, static_cast<typename Out::value_type>(fill));
}

inline uint64_t RoundUp(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }
inline uint64_t CeilDiv(uint64_t value, uint64_t by) { return (value + by - 1) / by; }

/// Reads front to back; every read is checked against the end and fails with Corruption, naming `what`.
class ByteReader {
 public:
  ByteReader(Bytes bytes, std::string_view what) : bytes_(bytes), what_(what) {}

  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] size_t remaining() const { return bytes_.size() - position_; }

  Result<Bytes> Take(size_t count) {
    if (count > remaining()) return Short(count);
    Bytes out = bytes_.subspan(position_, count);
    position_ += count;
    return out;
  }

  template <class T>
  Result<T> Read() {
    if (sizeof(T) > remaining()) return Short(sizeof(T));
    T value = Load<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return value;
  }

 private:
  [[nodiscard]] Error Short(size_t count) const {
    return Corruption(std::string(what_) + " ends at byte " + std::to_string(bytes_.size()) + ", " +
                      std::to_string(count) + " more wanted at " + std::to_string(position_));
  }

  Bytes bytes_;
  std::string_view what_;
  size_t position_ = 0;
};

}  // namespace squire
