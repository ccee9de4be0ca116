#pragma once

/// The shape of a table of kernels. Included by files compiled above the floor of the build, so it holds declarations
/// alone and no C++ library header that has code in it.
///
/// Every table gives the same bits for integers; for floats each table is deterministic (a row's result does not depend
/// on the rows beside it), but two tables may differ in the last bits because they add in another order.
/// All pointers may be unaligned unless they are typed float; nothing here allocates or fails.

#include <stddef.h>
#include <stdint.h>

namespace squire::simd {

enum class Isa { kGeneric, kSse42, kAvx2, kAvx512, kNeon };

/// What the 64 bytes of a text block are; bit i is byte i.
struct ByteClasses {
  uint64_t letter;      ///< A-Z a-z
  uint64_t upper;       ///< A-Z
  uint64_t digit;       ///< 0-9
  uint64_t underscore;  ///< _
  uint64_t high;        ///< 0x80 and up: part of a UTF-8 sequence, or rubbish
};

/// Entries of the tables of scan_bits are at most this.
inline constexpr uint8_t kTableEntryMax = 31;

/// How estimate_rows turns sums into estimates of distances.
struct EstimateTerms {
  float step, offset;  ///< a sum stands for sum * step + offset
  float add_weight, constant;
  float error_weight;
  float bound;
};

struct Kernels {
  Isa isa;

  /// out[r] = sum over i of (query[i] - row_r[i])^2, for the `count` rows of `dim` float32 that begin at rows + r *
  /// stride. `stride` is in bytes and may be odd: pages of the table format keep a control byte before each row.
  void (*l2)(const float* query, size_t dim, const uint8_t* rows, size_t stride, size_t count, float* out);

  /// out[r] = sum over i of query[i] * row_r[i]; shapes as for l2.
  void (*dot)(const float* query, size_t dim, const uint8_t* rows, size_t stride, size_t count, float* out);

  /// dots[r] as dot gives it in value (not in its last bits), squares[r] = sum over i of row_r[i]^2.
  void (*dot_square)(const float* query, size_t dim, const uint8_t* rows, size_t stride, size_t count, float* dots,
                     float* squares);

  /// IEEE half to float, exactly; NaN stays NaN.
  void (*half_to_float)(const uint8_t* halves, size_t count, float* out);

  /// Float to IEEE half, to nearest, ties to even; too large becomes infinity.
  void (*float_to_half)(const float* values, size_t count, uint8_t* halves);

  /// The number of set bits in `size` bytes.
  uint64_t (*popcount)(const uint8_t* bytes, size_t size);

  /// Unpacks a FastLanes block of 1024 unsigned values of `value_bits` (8, 16, 32, 64), stored in `width` bits each.
  /// Reads 128 * width bytes, writes 1024 * value_bits / 8. REQUIRES: width <= value_bits.
  void (*unpack1024)(const uint8_t* packed, unsigned value_bits, unsigned width, uint8_t* out);

  /// The inverse: bits of a value above `width` are dropped. Reads 1024 values, writes 128 * width bytes.
  void (*pack1024)(const uint8_t* values, unsigned value_bits, unsigned width, uint8_t* packed);

  /// Classifies `blocks` blocks of 64 bytes.
  void (*classify)(const uint8_t* text, size_t blocks, ByteClasses* out);

  /// Sums over rows of bits, 32 rows a block. A row's bits are `code_bytes` bytes, each two halves; tables[16 * h + v]
  /// is what half h adds where it is v. In a block, byte j of half h (16 bytes at 16 * h; the low half of a byte is
  /// even) holds that half of row j / 2 + 8 * (j % 2) in its low four bits and of the row 16 after it in its high four.
  /// REQUIRES: entries of at most kTableEntryMax; code_bytes <= 1024.
  void (*scan_bits)(const uint8_t* tables, const uint8_t* codes, size_t code_bytes, size_t blocks, uint16_t* sums);

  /// For each row of `blocks` blocks of 32: estimate = (sum * step + offset) * scale + add * add_weight + constant; bit
  /// i of masks[b]: the estimate of row i of block b, less error * error_weight, is at most bound.
  void (*estimate_rows)(const uint16_t* sums, const float* scale, const float* add, const float* error, size_t blocks,
                        const EstimateTerms& terms, float* estimates, uint32_t* masks);

  /// The sum over i of query[i] * (code[i] + 2^bits * sign[i]): sign[i] is bit i % 8 of signs[i / 8], codes are of
  /// `bits` (0 to 8) in groups of 64 of 8 * bits bytes, as the table format interleaves them (docs/vector_index.md).
  /// The query has 64 values a group, signs 8 bytes.
  float (*code_dot)(const float* query, const uint8_t* signs, const uint8_t* codes, unsigned bits, size_t groups);

  /// codes[i] = min(code_max, floor(|values[i]| * factor)), a NaN's unspecified; adds up (codes[i] + 1/2) * |values[i]|
  /// into `dot` and (codes[i] + 1/2)^2 into `square`. REQUIRES: code_max <= 255.
  void (*quantize)(const float* values, size_t dim, float factor, unsigned code_max, uint8_t* codes, float* dot,
                   float* square);

  /// Rotates `dim` values in place: four rounds of changing signs (signs[round * dim + i] is 1 or -1) and Hadamard
  /// transforms of the first, then the last 2^n values, mixed with x + y, x - y of both halves where dim is not 2^n.
  void (*rotate)(float* values, size_t dim, const float* signs);

  /// For each of `blocks` blocks of 64 values: bit i of masks[b]: value i of block b is at least `least`.
  void (*mask_at_least)(const float* values, size_t blocks, float least, uint64_t* masks);
};

}  // namespace squire::simd
