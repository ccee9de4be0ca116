#pragma once

/// A content hash as a key: 16 bytes of XXH3-128, as 32 hexadecimal digits in the table.

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace squire::sync {

using HashKey = std::array<uint64_t, 2>;

struct HashKeyHasher {
  size_t operator()(const HashKey& key) const { return key[0]; }
};

/// The key for 32 hexadecimal digits; zero for anything else.
inline HashKey ParseHash(std::string_view hex) {
  HashKey key{};
  if (hex.size() != 32) return key;
  std::from_chars(hex.data(), hex.data() + 16, key[0], 16);
  std::from_chars(hex.data() + 16, hex.data() + 32, key[1], 16);
  return key;
}

}  // namespace squire::sync
