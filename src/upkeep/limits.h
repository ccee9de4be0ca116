#pragma once

/// Holds a table to the bounds its user set, cheaply: the folder is measured when an estimate nears a bound, and now
/// and then. A LimitGuard belongs to the table's thread. Source: docs/upkeep.md, "Limits".

#include <functional>

#include "squire/health.h"
#include "squire/limits.h"
#include "table/snapshot.h"
#include "upkeep/stats.h"

namespace squire::upkeep {

/// ERRORS: OverBudget, with the bound that is passed, by how much, and the way out.
Result<void> CheckLimits(const TableMeasures& measures, const TableLimits& limits);

/// `bytes` of the table of `snapshot` as measures, but for what is free on the disk.
TableMeasures MeasuresOf(const table::Snapshot& snapshot, const TableBytes& bytes);

/// The table of `snapshot` and its disk in numbers, now. ERRORS: what listing the folder met.
Result<TableMeasures> Measure(const table::Snapshot& snapshot);

class LimitGuard {
 public:
  explicit LimitGuard(const TableLimits& limits) : limits_(limits) {}

  [[nodiscard]] const TableLimits& limits() const { return limits_; }
  /// Whether rows may be added to the table of `current`. At a bound calls `make_room`, which may move `current` on,
  /// and looks again, as long as that makes the table smaller. ERRORS: OverBudget; those of Measure.
  Result<void> Check(const std::shared_ptr<const table::Snapshot>& current, const std::function<void()>& make_room);

 private:
  /// Whether what was measured, and has been written since, is far from every bound.
  [[nodiscard]] bool IsFar(const table::Snapshot& current) const;

  TableLimits limits_;
  TableMeasures measured_;
  uint64_t measured_version_ = 0;  // 0: not yet
  uint64_t measured_fragment_ = 0;
};

}  // namespace squire::upkeep
