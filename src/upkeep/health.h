#pragma once

/// The health record of a table, `_squire/health`: two slots of 4 KiB, written in turn in place, so that what failed
/// can be told on a full disk and after a restart. Several processes may write it, each over what the others wrote.
///
/// A HealthRecord belongs to one thread. Source: docs/upkeep.md, "Health".

#include <map>
#include <string>

#include "base/clock.h"
#include "io/file_system.h"
#include "upkeep/health_slot.h"

namespace squire::upkeep {

enum class HealthStage { kOpen, kCommit, kPrune, kCompact, kFold, kBallast, kLimits };
/// "open", "commit", "prune", "compact", "fold", "ballast", "limits"
std::string HealthStageName(HealthStage stage);

/// The folder of Squire's own files in that of a table, and the record in it.
std::string OwnFolder(const std::string& root);
std::string HealthPath(const std::string& root);

/// Whether an error is the fault of the machine, the disk or a bug: of the caller's input and of other writers, none
/// is.
bool IsFaultOfStore(const Error& error);

class HealthRecord {
 public:
  /// Of the table at `root`; knows nothing before Reload.
  HealthRecord(FileSystem& fs, std::string root) : fs_(&fs), root_(std::move(root)) {}
  /// Reads the record of the table at `root`. One that is not there, or not readable, is green and knows nothing.
  static HealthRecord Load(FileSystem& fs, const std::string& root);
  /// Reads it anew; what was recorded here and is not saved stands over it.
  void Reload();

  void RecordSuccess(HealthStage stage, int64_t now_ns = NowNs());
  void RecordFailure(HealthStage stage, const Error& error, int64_t now_ns = NowNs());
  void SetMeasures(const TableMeasures& measures);
  /// Whether something is to be told: a failure, or a stage that is green again. What else was recorded can wait for
  /// the next Save.
  [[nodiscard]] bool IsUrgent() const;
  /// Writes what was recorded since Load over what is on the disk; makes the file when it is not there. A stage that
  /// turned red is synced. ERRORS: Conflict when others hold it for long; NoSpace where the file could not be made,
  /// TooManyFiles, Io: then all is kept for the next Save. Never a reason for the caller to fail.
  Result<void> Save();

  [[nodiscard]] bool red() const;
  [[nodiscard]] bool found() const { return found_; }  ///< on the disk
  [[nodiscard]] const std::vector<StageHealth>& stages() const { return slot_.stages; }
  [[nodiscard]] const TableMeasures& measures() const { return slot_.measures; }
  /// What is known of a stage; green when nothing is.
  [[nodiscard]] StageHealth Of(HealthStage stage) const;

 private:
  /// Attempts of one stage that are not saved: perhaps a success, then perhaps failures.
  struct Unsaved {
    int64_t success_ns = 0;
    uint64_t failures = 0;
    int64_t first_failure_ns = 0, last_failure_ns = 0;
    std::optional<Error> error;
    int64_t error_ns = 0;
  };

  Result<std::unique_ptr<InPlaceFile>> OpenFile();
  Result<void> CreateFile();
  /// The newest of the file's slots, and which it is; neither readable: an empty one, as if it were the second.
  static std::pair<HealthSlot, size_t> Newest(Bytes file);
  static void Lay(const std::string& name, const Unsaved& unsaved, int64_t now_ns, HealthSlot& slot);
  void LayAll(HealthSlot& slot) const;

  FileSystem* fs_;
  std::string root_;
  HealthSlot stored_;  // as it was read
  HealthSlot slot_;    // with what is unsaved
  bool found_ = false;
  std::map<std::string, Unsaved> unsaved_;
  std::optional<TableMeasures> unsaved_measures_;
};

/// When a stage that failed is to be tried again unasked: after 1 s, doubled for each failure in a row, at most 5 min;
/// errors that waiting does not mend after 5 min at once. Not later than `now_ns` for a stage that is green.
int64_t RetryAfter(const HealthRecord& record, HealthStage stage, int64_t now_ns);

}  // namespace squire::upkeep
