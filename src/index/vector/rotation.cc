#include "index/vector/rotation.h"

#include <random>

#include "base/bytes.h"

namespace squire::vector {
namespace {

constexpr size_t kRounds = 4;

}  // namespace

Rotation::Rotation(size_t dim, std::vector<uint8_t> bits) : dim_(dim), bits_(std::move(bits)) {
  const size_t round_bytes = CeilDiv(dim, 8);
  signs_.reserve(kRounds * dim);
  for (size_t round = 0; round < kRounds; round++) {
    for (size_t i = 0; i < dim; i++) {
      const bool is_changed = bits_[round * round_bytes + i / 8] >> (i % 8) & 1;
      signs_.push_back(is_changed ? -1.0f : 1.0f);
    }
  }
}

Rotation Rotation::Random(size_t dim, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> bits(kRounds * CeilDiv(dim, 8));
  for (uint8_t& byte : bits) byte = static_cast<uint8_t>(random());
  return {dim, std::move(bits)};
}

Result<Rotation> Rotation::FromBits(size_t dim, std::span<const uint8_t> bits) {
  if (bits.size() != kRounds * CeilDiv(dim, 8))
    return Corruption("a rotation of " + std::to_string(dim) + " dimensions has " + std::to_string(bits.size()) +
                      " bytes of signs");
  return Rotation(dim, {bits.begin(), bits.end()});
}

}  // namespace squire::vector
