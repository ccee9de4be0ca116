#pragma once

/// Bounds that a table's user sets. At one of them upkeep runs at once; where that does not help, rows are no longer
/// taken (OverBudget, with the way out), while reads, deletes and upkeep go on: docs/upkeep.md. Plain values.

#include <cstdint>

namespace squire {

struct TableLimits {
  uint64_t max_bytes = 0;         ///< of all files in the table's folder; 0: no limit, as for those below
  double max_bytes_per_live = 0;  ///< the same, times the bytes that the newest version's rows take
  uint64_t max_versions = 0;      ///< on disk
  uint64_t min_free_disk = 0;     ///< bytes that are to stay free on the disk

  [[nodiscard]] bool any() const {
    return max_bytes > 0 || max_bytes_per_live > 0 || max_versions > 0 || min_free_disk > 0;
  }
};

}  // namespace squire
