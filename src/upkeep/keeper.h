#pragma once

/// The upkeep of one open table: after a commit it does that commit's share, and all of it when asked. Stages come in
/// the order prune, compact, fold, prune, and each runs though another failed; what fails is kept and tried again
/// later, and never fails the commit. Belongs to the table's thread. Source: docs/upkeep.md.

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "squire/limits.h"
#include "upkeep/compact.h"
#include "upkeep/health_watch.h"
#include "upkeep/prune.h"

namespace squire::upkeep {

enum class Stage { kPrune, kCompact, kFold };
inline constexpr Stage kStages[] = {Stage::kPrune, Stage::kCompact, Stage::kFold};

/// What a call did, and the first error of each stage: that much is put off.
struct UpkeepReport {
  bool is_asked = true;  ///< by a user, who may have the ballast on a full disk; writers would eat it up
  CompactResult compacted;
  PruneResult pruned;
  std::array<std::optional<Error>, std::size(kStages)> put_off;
};

class Keeper {
 public:
  /// Of the table at `root` on `fs`. `health` is told how the stages go; bytes over `limits` go at once. All outlive
  /// the keeper.
  Keeper(FileSystem& fs, std::string root, HealthWatch& health, const TableLimits& limits = kNoLimits)
      : fs_(fs), root_(std::move(root)), health_(health), limits_(limits) {}

  /// Looks after the bounds near which commits have come, `current` the last: most of the time there is nothing to do.
  /// Does nothing on a table that is not ours, or beside another program's upkeep of it.
  void AfterCommit(std::shared_ptr<const table::Snapshot>& current);

  /// Before rows are written: on a disk that is nearly full old versions go at once. Does nothing on a table that is
  /// not ours.
  void Relieve(const table::Snapshot& current);
  /// After a write that met a full disk: frees what can be freed, for the next one. With `for_delete` the ballast too.
  void MakeRoom(std::shared_ptr<const table::Snapshot>& current, bool for_delete);

  /// Before rows are written to a table that is at a limit: all old versions go, and dead rows by a few rewrites, so
  /// that it may have to be called again. Where old versions are held, by tags or readers, nothing is rewritten: that
  /// could only make the table larger. Does nothing on a table that is not ours.
  void Shrink(std::shared_ptr<const table::Snapshot>& current);

  /// Prunes, as `options` say.
  UpkeepReport Prune(const table::Snapshot& current, const PruneOptions& options);

  /// Merges all that is worth it, whoever owns the table. Between the steps old versions go where bytes press.
  UpkeepReport Compact(std::shared_ptr<const table::Snapshot>& current, const CompactOptions& options = {});

  /// Everything that is due: prunes as `options` say, merges, folds, prunes again. A table of ours is merged no further
  /// than unasked, so that the call can be made as often as anybody likes; others' as by Compact.
  UpkeepReport Optimize(std::shared_ptr<const table::Snapshot>& current, const PruneOptions& options);

  /// Time spent so far in upkeep that nobody asked for.
  [[nodiscard]] std::chrono::nanoseconds unasked_time() const { return unasked_time_; }
  /// Versions made so far, asked for or not.
  [[nodiscard]] uint64_t versions_made() const { return versions_made_; }

 private:
  using SnapshotPtr = std::shared_ptr<const table::Snapshot>;

  template <class Work>
  void Run(Stage stage, UpkeepReport& report, Work work);
  void NoteFailure(Stage stage, const Error& error);
  [[nodiscard]] bool IsPutOff(Stage stage);
  bool RecallLastLook(const table::Snapshot& current);
  [[nodiscard]] bool IsDue(const table::Snapshot& current);
  [[nodiscard]] bool IsDiskLow() const;
  void DoShare(SnapshotPtr& current, bool at_once = false);
  void DoShareAlone(SnapshotPtr& current, bool at_once = false);

  Result<void> PruneInto(const PruneOptions& options, PruneResult& sum);
  void RunPrune(const PruneOptions& options, UpkeepReport& report);
  void PruneUnasked(const table::Snapshot& current, UpkeepReport& report, bool at_once = false);
  /// Rewrites a run of `bytes`, told before and after.
  Result<void> Merge(SnapshotPtr& current, const FragmentRun& run, uint64_t bytes, uint64_t file_bytes_max,
                     CompactResult& sum);
  /// At most so many rewrites; whether there was any.
  bool MergeTiers(SnapshotPtr& current, int steps_max, UpkeepReport& report, bool is_pressed = false);
  void MergeAll(SnapshotPtr& current, const CompactOptions& options, UpkeepReport& report);
  void Fold(SnapshotPtr& current, bool all, UpkeepReport& report);

  /// After the work: room for the next commit on a full disk, the ballast where there is enough.
  void Settle(const table::Snapshot& current, bool is_asked);

  FileSystem& fs_;
  const std::string root_;
  HealthWatch& health_;
  const TableLimits& limits_;
  uint64_t last_look_version_ = 0;  // 0: not looked yet
  uint64_t last_look_fragment_ = 0;
  std::chrono::nanoseconds unasked_time_{};
  uint64_t versions_made_ = 0;
};

}  // namespace squire::upkeep
