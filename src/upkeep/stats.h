#pragma once

/// Where the bytes of a table are.

#include <cstdint>

#include "table/snapshot.h"

namespace squire::upkeep {

struct TableBytes {
  uint64_t on_disk = 0;  ///< all files below the table's folder
  uint64_t live = 0;     ///< files of this version: data by its share of live rows, deletion and index files whole
  uint64_t files = 0;
  uint64_t versions = 0;  ///< manifests on disk
};

/// Adds up the table of `snapshot`. Files that vanish meanwhile are not counted.
Result<TableBytes> MeasureTable(const table::Snapshot& snapshot);

}  // namespace squire::upkeep
