#pragma once

/// What is to be done about the damage of one version: made by reading alone, so that a dry run tells exactly that.

#include <optional>
#include <string>
#include <vector>

#include "squire/rescue.h"
#include "table/snapshot.h"
#include "upkeep/inventory.h"
#include "upkeep/rebuild_index.h"
#include "upkeep/salvage.h"

namespace squire::upkeep {

struct FragmentPlan {
  uint64_t id = 0;
  bool is_dropped = false;
  std::vector<int> lost_files;                                 ///< by index; their columns become null
  std::vector<std::pair<int, uint64_t>> sizes;                 ///< file by index, its bytes
  std::optional<uint64_t> deleted_rows;                        ///< to be told by the manifest
  std::optional<lance::RowSet> deletions;                      ///< to be written anew
  std::vector<std::pair<size_t, std::vector<Piece>>> columns;  ///< to be written anew, of what can be read
};

struct RepairPlan {
  std::vector<FragmentPlan> fragments;       ///< those that need something
  std::vector<std::string> removed_indices;  ///< by uuid
  std::vector<IndexRecipe> rebuilds;

  /// Whether a version is needed before indexes are rebuilt.
  [[nodiscard]] bool needs_version() const { return !fragments.empty() || !removed_indices.empty(); }
};

/// Checks everything that `snapshot` names and adds what is to be done to `report`. ERRORS: TooManyFiles, Io.
Result<RepairPlan> PlanRepair(const table::Snapshot& snapshot, const Inventory& inventory,
                              const RescueProgressFunction& progress, RepairReport& report);

}  // namespace squire::upkeep
