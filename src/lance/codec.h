#pragma once

/// The compressions of values in file versions 2.1 and 2.2, each in the two settings where it occurs: a whole block
/// (definition levels, dictionaries) and the chunks of a mini-block page. Pure functions; every length is checked.
/// Source: docs/lance_format.md, "Compressions".

#include <span>

#include "lance/proto/encodings21.pb.h"
#include "lance/values.h"

namespace squire::lance {

/// A block of `count` values. ERRORS: Corruption; Unsupported compressions by name.
Result<Values> DecodeBlock(const pb21::CompressiveEncoding& encoding, Bytes block, uint64_t count);

/// Appends the `count` values of a chunk, whose value buffers are `buffers`, to `out`.
/// REQUIRES: `out` is empty or was filled by the same encoding.
Result<void> DecodeChunk(const pb21::CompressiveEncoding& encoding, std::span<const Bytes> buffers, uint64_t count,
                         Values& out);

/// Undoes LZ4 ([u32 raw size][block]) or ZSTD ([u64 raw size][frame]).
Result<std::vector<uint8_t>> Decompress(pb21::CompressionScheme scheme, Bytes bytes);

}  // namespace squire::lance
