#pragma once

/// A process that writes a table of ours has an id, and a lock on `_squire/writers/<id>` as long as it has the table
/// open: who finds that lock free knows that the writer is dead and that what carries its id, and no version names, is
/// nobody's. One lease a process and table, shared by its handles and threads. Source: docs/upkeep.md, "Leftovers".

#include <atomic>
#include <memory>
#include <vector>

#include "table/file_names.h"
#include "table/paths.h"

namespace squire::table {

class WriterLease {
 public:
  /// The lease of this process on the table at `paths`; taken, if it has none. Null where none can be had: then what
  /// is left by a crash waits as long as a stranger's would. ERRORS: TooManyFiles.
  static Result<std::shared_ptr<WriterLease>> Of(FileSystem& fs, const Paths& paths);
  WriterLease(const WriterLease&) = delete;
  WriterLease& operator=(const WriterLease&) = delete;
  /// Removes the writer's file, then lets go of it.
  ~WriterLease();

  [[nodiscard]] uint32_t id() const { return id_; }
  /// Whether it is this process's: after a fork the child takes its own.
  [[nodiscard]] bool is_ours() const;
  /// True once: whoever is told so looks after what dead writers left.
  bool TakeFirstLook() { return !has_looked_.exchange(true); }
  /// The writer's file stays behind: something of it may be left, and whoever looks next is to find it.
  void LeaveFile() { leaves_file_ = true; }
  /// The lease of this process, where it has one.
  static std::shared_ptr<WriterLease> Find(FileSystem& fs, const Paths& paths);

 private:
  WriterLease(FileSystem& fs, const Paths& paths, uint32_t id, std::unique_ptr<FileLock> lock);
  static Result<std::shared_ptr<WriterLease>> Take(FileSystem& fs, const Paths& paths);

  FileSystem& fs_;
  const std::string root_, path_;
  const uint32_t id_;
  const int64_t process_;
  std::unique_ptr<FileLock> lock_;
  std::atomic<bool> has_looked_ = false, leaves_file_ = false;
};

/// The file of this process's lease, where it has one, stays behind when the lease is over.
void LeaveTrace(FileSystem& fs, const Paths& paths);

/// Removes a file of a write that failed, best effort: where it stays, so does the trace of who made it.
void RemoveLeftover(FileSystem& fs, const Paths& paths, const std::string& path);

/// A writer that is dead: its file says so from when it is found until what it left is cleared away.
struct DeadWriter {
  uint32_t id = 0;
  std::string path;  ///< of its file, which is to go last
};

/// Who writes, as far as their files tell.
struct Writers {
  std::vector<uint32_t> living;
  std::vector<DeadWriter> dead;
};

/// Tries each writer's lock. A dead writer's file gets the name "<id>.dead", unless it is only to be looked at; who has
/// just made that file, and has not locked it yet, then takes another id. ERRORS: TooManyFiles, Io.
Result<Writers> ListWriters(FileSystem& fs, const Paths& paths, bool only_look = false);

/// Ids of all writers that have a file now. ERRORS: TooManyFiles, Io.
Result<std::vector<uint32_t>> ListWriterIds(FileSystem& fs, const Paths& paths);

}  // namespace squire::table
