#pragma once

/// The health of one open table: told of each attempt, it keeps the record on the disk right at next to no cost while
/// all is green. Any thread. Source: docs/upkeep.md, "Health".

#include <mutex>

#include "table/snapshot.h"
#include "upkeep/health.h"

namespace squire::upkeep {

class HealthWatch {
 public:
  /// Of the table at `root`, which could be opened, and which Squire owns or not: of others' tables nothing is written.
  HealthWatch(FileSystem& fs, const std::string& root, bool owned);

  void set_owned(bool owned);
  /// Writes only where the stage was red, by whomever it was made so, and where there is no record yet.
  void Succeeded(HealthStage stage);
  /// Written at once; an error that is no fault of the store changes nothing.
  void Failed(HealthStage stage, const Error& error);
  template <class T>
  void Attempted(HealthStage stage, const Result<T>& result) {
    if (result)
      Succeeded(stage);
    else
      Failed(stage, result.error());
  }
  void SetMeasures(const TableMeasures& measures);
  /// Writes what is not written yet, successes and measures too: once a run of upkeep.
  void Save();
  /// As far as this handle knows: what others recorded is seen where something is attempted.
  [[nodiscard]] bool IsRed(HealthStage stage);
  /// What is known of a stage, by the same.
  [[nodiscard]] StageHealth Of(HealthStage stage);
  /// As RetryAfter.
  [[nodiscard]] int64_t RetryAfter(HealthStage stage, int64_t now_ns = NowNs());

  /// The health as it is now: the record, what was attempted here, and the table of `snapshot` measured anew. What
  /// cannot be measured is as it was last, and the stage "open" red.
  [[nodiscard]] TableHealth Look(const table::Snapshot& snapshot);

 private:
  void SaveRecord();

  std::mutex mutex_;
  HealthRecord record_;  // guarded by mutex_, as all below
  bool owned_;
};

/// Of the table at `root`, which need not open. ERRORS: NotFound when there is none.
Result<TableHealth> ReadHealth(FileSystem& fs, const std::string& root);

}  // namespace squire::upkeep
