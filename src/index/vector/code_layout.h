#pragma once

/// How codes lie in files and in memory. Free functions over bytes. Source: docs/vector_index.md, "Files".

#include <cstddef>
#include <cstdint>
#include <span>

namespace squire::vector {

inline constexpr size_t kBlockRows = 32;

/// Packs a code of `bits` (1 to 8) a dimension, in whole groups of 64, into groups of 8 * bits bytes.
/// REQUIRES: values.size() is a multiple of 64; `out` has values.size() / 8 * bits bytes.
void PackExtra(std::span<const uint8_t> values, unsigned bits, uint8_t* out);

/// Signs of rows, `sign_bytes` each, one row after the other, into blocks of 32 rows (Kernels::scan_bits); a last block
/// that is not full has zeros. `out` has room for whole blocks.
void SignsToBlocks(std::span<const uint8_t> rows, size_t sign_bytes, uint8_t* out);

/// The same as files keep them: rows behind the last full block lie byte by byte, first bytes first. `out` has
/// rows.size() bytes.
void SignsToFile(std::span<const uint8_t> rows, size_t sign_bytes, uint8_t* out);
/// The inverse.
void SignsFromFile(std::span<const uint8_t> packed, size_t sign_bytes, uint8_t* rows);

/// From how files keep signs to blocks as SignsToBlocks makes them.
void SignsFileToBlocks(std::span<const uint8_t> packed, size_t sign_bytes, uint8_t* out);
/// The first `count` rows of such blocks, `stride` bytes apart: what is between is left.
void SignsFromBlocks(const uint8_t* blocks, size_t count, size_t sign_bytes, size_t stride, uint8_t* rows);

}  // namespace squire::vector
