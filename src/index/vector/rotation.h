#pragma once

/// A random rotation that needs no matrix: signs and Hadamard transforms, four rounds. Immutable; any thread may use
/// it. Source: Gao et al., "Practical and Asymptotically Optimal Quantization of High-Dimensional Vectors", SIGMOD
/// 2025; docs/vector_index.md.

#include <cstdint>
#include <span>
#include <vector>

#include "base/try.h"
#include "simd/kernels.h"

namespace squire::vector {

class Rotation {
 public:
  Rotation() = default;
  /// Of vectors of `dim` values, by a generator that begins at `seed`.
  static Rotation Random(size_t dim, uint64_t seed);
  /// From the bits that an index keeps, set where a sign is changed: four rounds of dim / 8 bytes, rounded up.
  /// ERRORS: Corruption when there are more or fewer.
  static Result<Rotation> FromBits(size_t dim, std::span<const uint8_t> bits);

  [[nodiscard]] size_t dim() const { return dim_; }
  [[nodiscard]] const std::vector<uint8_t>& bits() const { return bits_; }
  /// Rotates dim() values in place. Lengths and angles stay.
  void Apply(float* values, const simd::Kernels& kernels = simd::ActiveKernels()) const {
    kernels.rotate(values, dim_, signs_.data());
  }

 private:
  Rotation(size_t dim, std::vector<uint8_t> bits);

  size_t dim_ = 0;
  std::vector<uint8_t> bits_;
  std::vector<float> signs_;
};

}  // namespace squire::vector
