#pragma once

/// Removes files of a table, each failure kept and none the end, and counts what is gone; or only counts. Belongs to
/// one thread.

#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "table/paths.h"

namespace squire::upkeep {

class Remover {
 public:
  Remover(FileSystem& fs, table::Paths paths, bool dry_run) : fs_(fs), paths_(std::move(paths)), dry_run_(dry_run) {}

  /// Removes a file, by its path below the table's folder; one that is gone already counts for nothing.
  /// False when it is still there.
  bool Remove(const std::string& name, uint64_t size_bytes);
  /// The same, of a file or an index's folder ("_indices/<uuid>/") whose size is not known.
  bool RemoveNamed(const std::string& name);
  /// Keeps the first failure.
  void Fail(Error error);

  /// Makes the removals durable so far.
  void SyncFolders();

  [[nodiscard]] uint64_t files() const { return files_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::optional<Error>& failure() { return failure_; }
  [[nodiscard]] bool dry_run() const { return dry_run_; }

 private:
  bool RemoveFolder(const std::string& name);

  FileSystem& fs_;
  const table::Paths paths_;
  const bool dry_run_;
  std::unordered_set<std::string> done_;
  std::set<std::string> folders_;  // that hold what was removed
  uint64_t files_ = 0, bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace squire::upkeep
