#pragma once

/// Bounds that a table's user sets. At one of them upkeep runs at once; where that does not help, rows are no longer
/// taken (OverBudget, with the way out), while reads, deletes and upkeep go on: docs/upkeep.md. Plain values.

#include <cstdint>

namespace squire {

/// The least that a multiple allows: a table is more than its rows (manifests, indexes, the ballast), and begins empty.
inline constexpr uint64_t kMultipleBytesMin = 16 << 20;

struct TableLimits {
  uint64_t max_bytes = 0;         ///< of all files in the table's folder; 0: no limit, as for those below
  double max_bytes_per_live = 0;  ///< the same, times the bytes that the newest version's rows take,
                                  ///< or kMultipleBytesMin where that is more
  uint64_t max_versions = 0;      ///< on disk
  uint64_t min_free_disk = 0;     ///< bytes that are to stay free on the disk

  [[nodiscard]] bool any() const {
    return max_bytes > 0 || max_bytes_per_live > 0 || max_versions > 0 || min_free_disk > 0;
  }
  /// Bytes that a table with so many live ones may have; UINT64_MAX without such a limit.
  [[nodiscard]] uint64_t BytesAllowed(uint64_t live_bytes) const;
};
inline constexpr TableLimits kNoLimits;

}  // namespace squire
