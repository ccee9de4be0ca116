#pragma once

/// Blocks of postings as Lance's full-text index stores them: 128 documents with their frequencies, bit-packed in four
/// interleaved lanes, and shorter last ones as varints; and where the words stand, as differences. Pure functions.
/// Source: files of pylance 14.0.2 (the test has one); Lemire and Boytsov, "Decoding billions of integers per second
/// through vectorization", 2015 (the lanes).

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace squire::text {

inline constexpr size_t kBlockDocuments = 128;

/// A block, decoded: documents ascend.
struct PostingBlock {
  alignas(16) std::array<uint32_t, kBlockDocuments> documents;
  alignas(16) std::array<uint32_t, kBlockDocuments> frequencies;
};

/// Appends a block of at most kBlockDocuments postings. `max_score` is a bound of what a document of it scores.
/// REQUIRES: documents ascend; as many frequencies.
void EncodeBlock(std::span<const uint32_t> documents, std::span<const uint32_t> frequencies, float max_score,
                 std::vector<uint8_t>& out);

/// Reads a block of `count` postings. ERRORS: Corruption unless documents ascend and are below `num_documents`.
Result<void> DecodeBlock(Bytes block, size_t count, uint32_t num_documents, PostingBlock& out);

/// Appends where a block's words stand: of each document as many positions as its frequency, ascending, one document
/// after the other. REQUIRES: as many positions as the sum of the frequencies.
void EncodePositions(std::span<const uint32_t> positions, std::span<const uint32_t> frequencies,
                     std::vector<uint8_t>& out);

/// Reads what EncodePositions wrote; `out` is replaced. ERRORS: Corruption unless the block holds just as many
/// positions as the frequencies say, ascending in each document.
Result<void> DecodePositions(Bytes block, std::span<const uint32_t> frequencies, std::vector<uint32_t>& out);

}  // namespace squire::text
