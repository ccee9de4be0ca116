#pragma once

/// Removes files of a table, each failure kept and none the end, and counts what is gone; or only counts. Belongs to
/// one thread.

#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "table/paths.h"

namespace squire::upkeep {

/// A file by its path below the table's folder.
struct SizedFile {
  std::string name;
  uint64_t size_bytes = 0;
};

class Remover {
 public:
  Remover(FileSystem& fs, table::Paths paths, bool dry_run) : fs_(fs), paths_(std::move(paths)), dry_run_(dry_run) {}

  /// Removes a file, by its path below the table's folder; one that is gone already counts for nothing.
  /// False when it is still there.
  bool Remove(const std::string& name, uint64_t size_bytes);
  /// The same of several, in any order. The names of those that are still there.
  std::vector<std::string> RemoveMany(std::span<const SizedFile> files);
  /// The same, of files and indexes' folders ("_indices/<uuid>/") whose sizes are not known. False when one is still
  /// there.
  bool RemoveManyNamed(std::span<const std::string> names);
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
  /// Its size; nothing when it is gone, is a folder, or cannot be looked at, which makes `is_gone` false.
  std::optional<SizedFile> Look(const std::string& name, bool& is_gone);
  /// What became of a file's removal. False when it is still there.
  bool Count(const SizedFile& file, Result<void> removed);

  FileSystem& fs_;
  const table::Paths paths_;
  const bool dry_run_;
  std::unordered_set<std::string> done_;
  std::set<std::string> folders_;  // that hold what was removed
  uint64_t files_ = 0, bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace squire::upkeep
