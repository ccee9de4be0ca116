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

enum class Isa { kGeneric, kSse42, kAvx2, kAvx512 };

/// What the 64 bytes of a text block are; bit i is byte i.
struct ByteClasses {
  uint64_t letter;      ///< A-Z a-z
  uint64_t upper;       ///< A-Z
  uint64_t digit;       ///< 0-9
  uint64_t underscore;  ///< _
  uint64_t high;        ///< 0x80 and up: part of a UTF-8 sequence, or rubbish
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
};

}  // namespace squire::simd
