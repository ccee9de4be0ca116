#pragma once

/// Packing: from an outline to chunks that fit the model. Pure; the rules and their figures are in docs/chunking.md.

#include <string_view>
#include <vector>

#include "corpus/chunk.h"
#include "corpus/lines.h"
#include "corpus/outline.h"

namespace squire::corpus {

/// Limits in estimated model tokens. The model reads 256, two of them its own marks, and the chunk's name goes first.
inline constexpr uint32_t kChunkTokensMax = 225;   ///< What is longer is split.
inline constexpr uint32_t kSmallTokens = 30;       ///< What is shorter joins a small neighbour...
inline constexpr uint32_t kJoinedTokensMax = 140;  ///< ...up to this.
inline constexpr uint32_t kBareTokens = 10;        ///< A brace, an #endif, an access label: no chunk of its own.
inline constexpr size_t kLineBytesMax = 4096;  ///< A longer line is cut inside, into chunks of the same line number.

/// Cuts the whole text: each line that is not blank is in exactly one chunk (one longer than kLineBytesMax is cut over
/// several), chunks are in order, and a chunk's text is its lines as they are.
std::vector<Chunk> Pack(const Lines& lines, const Outline& outline, std::string_view language);

}  // namespace squire::corpus
