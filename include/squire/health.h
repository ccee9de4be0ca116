#pragma once

/// Whether a table is well: what last became of each thing that is done to it, and how big it is. Plain values.
///
/// A stage is red from its first failed attempt until one succeeds; a table is red while a stage is. The record lies in
/// the table's folder, so that red survives a restart and a full disk: docs/upkeep.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "squire/result.h"

namespace squire {

/// What is done to a table, as far as it can fail by the fault of the machine or of the disk.
struct StageHealth {
  std::string stage;            ///< "open", "commit", "prune", "compact", "fold", "ballast" or "limits"
  bool red = false;             ///< the last attempt failed
  int64_t last_success_ns = 0;  ///< since 1970-01-01 UTC, as all times here; 0: none known
  int64_t last_attempt_ns = 0;
  uint64_t streak = 0;              ///< failures in a row
  int64_t since_ns = 0;             ///< while red: when the first of them was
  std::optional<Error> last_error;  ///< kept when green again
  int64_t last_error_ns = 0;
};

/// How big a table is.
struct TableMeasures {
  uint64_t bytes = 0;       ///< of all files in its folder
  uint64_t live_bytes = 0;  ///< of them what the newest version's rows take
  uint64_t versions = 0;    ///< on disk
  uint64_t fragments = 0;
  uint64_t files = 0;
  uint64_t descriptors = 0;  ///< open in the process that measured
  uint64_t free_bytes = 0;   ///< of the disk
  int64_t measured_ns = 0;   ///< when; 0: never
};

struct TableHealth {
  bool red = false;                 ///< a stage is
  bool owned = false;               ///< Squire keeps it: prunes and compacts it unasked
  bool recorded = false;            ///< there is a record on the disk; without one only what was just tried is known
  std::vector<StageHealth> stages;  ///< those of which anything is known
  TableMeasures measures;
};

/// bytes / live_bytes; 1 for an empty table.
inline double BytesRatio(const TableMeasures& measures) {
  return measures.live_bytes == 0 ? 1 : static_cast<double>(measures.bytes) / static_cast<double>(measures.live_bytes);
}

/// Of the table at `path`, which need not open: that is red too. Table::Health tells of one that is open.
/// ERRORS: NotFound when there is none.
Result<TableHealth> ReadHealth(const std::string& path);

}  // namespace squire
