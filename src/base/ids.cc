#include "base/ids.h"

#include <random>

namespace squire {

uint64_t RandomBits() {
  static thread_local std::random_device device;
  return uint64_t{device()} << 32 | device();
}

std::string RandomHex(int bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < bytes; i += 8) {
    uint64_t bits = RandomBits();
    for (int digit = 0; digit < 16 && std::ssize(out) < 2 * bytes; digit++, bits >>= 4) out += kDigits[bits & 15];
  }
  return out;
}

std::string RandomUuid() {
  std::string hex = RandomHex(16);
  hex[12] = '4';
  hex[16] = "89ab"[RandomBits() & 3];
  for (size_t dash : {20u, 16u, 12u, 8u}) hex.insert(dash, 1, '-');
  return hex;
}

}  // namespace squire
