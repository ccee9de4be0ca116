#pragma once

/// Which fragments are worth rewriting: side by side, so that rows written together stay together. What they become
/// stands at the end: ids ascend. Pure functions of a manifest.
/// The arithmetic of the bounds stands in docs/upkeep.md.

#include <optional>
#include <vector>

#include "table/snapshot.h"

namespace squire::upkeep {

/// Fragments side by side, by index in the snapshot.
struct FragmentRun {
  size_t first = 0;
  size_t count = 0;
  bool operator==(const FragmentRun&) const = default;
};

/// What a fragment holds, as its manifest tells.
struct FragmentSize {
  uint64_t bytes = 0;  ///< of its data files
  uint64_t live_bytes = 0;
  uint64_t rows = 0;  ///< deleted ones too
};
/// ERRORS: of looking up the size of a file whose manifest does not tell it; a file that is gone counts 0.
Result<std::vector<FragmentSize>> SizesOf(const table::Snapshot& snapshot);

/// The most bytes that upkeep which nobody asked for writes into one file.
uint64_t UnaskedFileBytesMax(std::span<const FragmentSize> sizes);

/// What is to be rewritten next so that fragments stay few and dead rows a small share; nothing most of the time. With
/// little `room` on the disk, in bytes, dead rows go earlier, and what fits goes first; what is returned may not fit
/// where nothing else does. At a bound of the table (`is_pressed`) dead rows go wherever they are worth a rewrite.
std::optional<FragmentRun> NextMerge(std::span<const FragmentSize> sizes, uint64_t room = UINT64_MAX,
                                     bool is_pressed = false);

struct CompactOptions {
  uint64_t target_bytes = 128 << 20;  ///< fragments below this are merged
  double deleted_share_min = 0.1;     ///< a fragment with this share of deleted rows is rewritten, whatever its size
};

/// All that is worth rewriting when somebody asks: runs that come to about the target each.
std::vector<FragmentRun> PlanCompaction(std::span<const FragmentSize> sizes, const CompactOptions& options);

}  // namespace squire::upkeep
