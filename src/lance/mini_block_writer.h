#pragma once

/// Collects the chunks of a mini-block page: levels and values side by side, a few KiB each.
/// Source: docs/lance_format.md, "Mini-block".

#include <optional>
#include <span>

#include "lance/page_encoder.h"
#include "lance/shred.h"

namespace squire::lance {

class MiniBlockWriter {
 public:
  /// REQUIRES: `rows` outlives the writer.
  MiniBlockWriter(const Shredded& rows, const PageOptions& options);

  /// Values whose levels still fit into the next chunk; all that are left where they do.
  [[nodiscard]] int64_t values_that_fit() const;

  /// Adds the next `num_values` values, with the levels up to the last of them, or all that are left.
  /// REQUIRES: num_values is a power of two but in the last chunk, and at most values_that_fit().
  void AddChunk(int64_t num_values, std::span<const std::span<const uint8_t>> buffers);

  /// The page, its values compressed as `values` says; `dictionary` is the block of a dictionary of `entries`.
  EncodedPage Finish(pb21::CompressiveEncoding values, uint64_t num_buffers,
                     std::optional<std::vector<uint8_t>> dictionary = std::nullopt,
                     const pb21::CompressiveEncoding& dictionary_encoding = {}, uint64_t entries = 0);

 private:
  struct Span {
    int64_t entries = 0;
    bool is_last = false;
  };
  [[nodiscard]] Span EntriesFor(int64_t num_values) const;
  void IndexRows(int64_t entries);

  const Shredded& rows_;
  PageOptions options_;
  int64_t next_entry_ = 0, next_value_ = 0;
  int64_t entries_of_open_row_ = 0;
  std::vector<uint8_t> words_, body_, index_;
};

/// Levels in blocks of 1024, `width` bits each; the tail as it is, or as one more block where that is less.
std::vector<uint8_t> PackLevels(std::span<const uint16_t> levels, unsigned width);

}  // namespace squire::lance
