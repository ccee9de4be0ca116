#pragma once

/// What an open table tells about itself and is held to: its health and its limits. The health may be looked at from
/// any thread, the rest belongs to the table's.

#include "squire/table.h"
#include "upkeep/health_watch.h"
#include "upkeep/limits.h"

namespace squire::engine {

class Watch {
 public:
  Watch(const table::Snapshot& snapshot, const TableLimits& limits);

  [[nodiscard]] upkeep::HealthWatch& health() { return health_; }
  /// Stays where it is.
  [[nodiscard]] const TableLimits& limits() const { return limits_.limits(); }
  void set_limits(const TableLimits& limits) { limits_ = upkeep::LimitGuard(limits); }
  /// Passes on what something that writes returned, and has it in the record. What is the caller's own mistake, or
  /// another writer's doing, is not.
  template <class T>
  Result<T> Wrote(Result<T> written) {
    health_.Attempted(upkeep::HealthStage::kCommit, written);
    if (written && !limits_.limits().any()) NoteUnlimited();
    return written;
  }
  /// The same of a part of a write: that it went well says nothing yet.
  template <class T>
  Result<T> WrotePart(Result<T> written) {
    if (!written) health_.Failed(upkeep::HealthStage::kCommit, written.error());
    return written;
  }
  /// Whether rows may be added to the table of `current`; at a limit `make_room` is called first, which may move it on.
  /// ERRORS: OverBudget, with the way out.
  Result<void> Admit(const std::shared_ptr<const table::Snapshot>& current, const std::function<void()>& make_room);

 private:
  /// A write without limits is one that they let through: red goes when a user lifts them.
  void NoteUnlimited();

  upkeep::HealthWatch health_;
  upkeep::LimitGuard limits_;
  bool was_refused_ = false;
};

/// Has it in the record, where there is one, that the newest version of the table at `root` could not be opened.
void NoteFailedOpen(FileSystem& fs, const std::string& root, const Error& error);

/// How many data files a table may keep open: what was asked for, but no more than a quarter of what this process may
/// have, and at least 4.
size_t OpenFilesMax(const TableOptions& options);

}  // namespace squire::engine
