#pragma once

/// Vectors as short codes, and distances estimated from them: RaBitQ. A vector is the center of its partition and a
/// difference; the rotated difference is kept as one sign bit a dimension and a few bits of each magnitude, with
/// factors that make products with it unbiased. Immutable; any thread may use it. Source: docs/vector_index.md.

#include <cstdint>
#include <span>
#include <vector>

#include "index/vector/rotation.h"
#include "simd/distance.h"

namespace squire::vector {

inline constexpr size_t kCodeDimMax = 8192;  ///< sums of table entries stay within 16 bits
inline constexpr unsigned kCodeBitsMax = 9;  ///< a dimension: the sign and 8 of magnitude

/// How long the codes are.
struct CodeShape {
  size_t dim = 0;     ///< a multiple of 8
  unsigned bits = 5;  ///< a dimension, with the sign: 1 to 9

  [[nodiscard]] unsigned extra_bits() const { return bits - 1; }
  [[nodiscard]] size_t sign_bytes() const { return dim / 8; }
  [[nodiscard]] size_t groups() const { return (dim + 63) / 64; }
  [[nodiscard]] size_t extra_bytes() const { return groups() * 8 * extra_bits(); }
  friend bool operator==(const CodeShape&, const CodeShape&) = default;
};

/// What turns products with a code into a distance: dot * scale + add, and how far that may be off.
struct CodeFactors {
  float add = 0, scale = 0, error = 0;   ///< of the signs alone
  float add_extra = 0, scale_extra = 0;  ///< with the magnitudes
};

class Quantizer {
 public:
  /// REQUIRES: shape.dim is a multiple of 8 and at most kCodeDimMax, shape.bits 1 to 9; the rotation has its dimension.
  /// Cosine is L2 of vectors of length one: Prepare makes them.
  Quantizer(CodeShape shape, simd::Metric metric, Rotation rotation)
      : shape_(shape), metric_(metric), rotation_(std::move(rotation)) {}

  [[nodiscard]] const CodeShape& shape() const { return shape_; }
  [[nodiscard]] simd::Metric metric() const { return metric_; }
  [[nodiscard]] const Rotation& rotation() const { return rotation_; }

  /// As vector::Prepare: partitions and codes are of such vectors.
  bool Prepare(std::span<float> vector) const;

  /// Prepares rows, one after the other, and takes out those that have no code.
  void PrepareRows(std::vector<float>& rows, std::vector<uint64_t>& addresses) const;

  /// What Encode needs besides.
  struct Scratch {
    std::vector<float> rotated;
    std::vector<uint8_t> codes, best;
  };

  /// The code of `vector`, which Prepare made, in the partition around `center`: sign_bytes() of signs (bit i % 8 of
  /// byte i / 8 set: not negative), extra_bytes() of magnitudes. `rotated_center` is `center` rotated.
  CodeFactors Encode(std::span<const float> vector, std::span<const float> center,
                     std::span<const float> rotated_center, uint8_t* signs, uint8_t* extra, Scratch& scratch) const;

  /// Whether `factors` are those of a code of `vector`, give or take what rounding explains; `rounding` is the relative
  /// one of the vector's values. Arguments as of Encode. Knows nothing of how well the code was chosen.
  [[nodiscard]] bool Agrees(std::span<const float> vector, std::span<const float> center,
                            std::span<const float> rotated_center, const uint8_t* signs, const uint8_t* extra,
                            const CodeFactors& factors, float rounding) const;

 private:
  struct Sums;
  float QuantizeMagnitudes(Scratch& scratch, float norm) const;
  [[nodiscard]] CodeFactors FactorsOf(const Sums& sums) const;

  CodeShape shape_;
  simd::Metric metric_;
  Rotation rotation_;
};

/// One query against one index: tables of its products with half bytes of signs, and its terms against a partition.
class CodeQuery {
 public:
  /// `query` as Quantizer::Prepare made it.
  CodeQuery(const Quantizer& quantizer, std::span<const float> query);

  /// Of a partition, before its rows are looked at.
  struct Center {
    float add_weight = 1, constant = 0;
    float error = 0;  ///< of what the partition's rows' errors are parts
  };
  /// `square`: the center's squared length; `dot`: its product with the query.
  [[nodiscard]] Center Against(float dot, float square) const;

  /// The terms that turn sums over `tables()` into estimates; `slack` times the usual error is allowed for, `bound` is
  /// the farthest estimate that is wanted.
  [[nodiscard]] simd::EstimateTerms Terms(const Center& center, float slack, float bound) const;

  /// The estimate from all bits of a row; `signs` lie in whole groups of 8 bytes.
  [[nodiscard]] float Refine(const Center& center, const uint8_t* signs, const uint8_t* extra, float add_extra,
                             float scale_extra) const;

  [[nodiscard]] const uint8_t* tables() const { return tables_.data(); }
  [[nodiscard]] float square() const { return square_; }

 private:
  const simd::Kernels* kernels_;
  CodeShape shape_;
  simd::Metric metric_;
  std::vector<float> rotated_;   // to whole groups, zeros behind
  std::vector<uint8_t> tables_;  // 16 entries each half byte
  float step_ = 0, least_ = 0;   // a sum stands for sum * step + least
  float table_error_ = 0;        // of it, as a distance of the query from a center
  float total_ = 0, square_ = 0;
};

}  // namespace squire::vector
