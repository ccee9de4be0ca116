#pragma once

/// The only road from the store to the operating system, so that tests can put another one in its place.
///
/// Paths are plain strings with '/' between parts. Every call may be made from any thread; a WritableFile belongs to
/// one.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace squire {

struct FileInfo {
  std::string name;  ///< last part of the path
  uint64_t size_bytes = 0;
  int64_t mtime_ns = 0;
  bool is_folder = false;
};

/// A range of a file to read, and where to.
struct ReadRange {
  uint64_t offset = 0;
  MutableBytes out;
};

class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  [[nodiscard]] virtual uint64_t size() const = 0;
  /// Fills every range. ERRORS: Corruption when the file ends before one does; Io, TooManyFiles.
  virtual Result<void> ReadMany(std::span<const ReadRange> ranges) const = 0;

  Result<void> Read(uint64_t offset, MutableBytes out) const {
    const ReadRange range{offset, out};
    return ReadMany({&range, 1});
  }
};

class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Result<void> Append(Bytes bytes) = 0;
  /// Bytes appended so far.
  [[nodiscard]] virtual uint64_t size() const = 0;
  /// Asks for the bytes appended so far to be written and does not wait: a Sync that follows waits for less.
  virtual void StartWriting() {}
  /// Makes the file's bytes durable. A failed sync is final: the file is to be written anew.
  virtual Result<void> Sync() = 0;
  /// Closes without syncing. A file dropped without Close is removed.
  virtual Result<void> Close() = 0;
};

/// A file that is changed where it lies, which needs no room on the disk: for what must be told when that is full.
/// Locked for its holder alone while it is open; its size stays.
class InPlaceFile {
 public:
  virtual ~InPlaceFile() = default;
  [[nodiscard]] virtual uint64_t size() const = 0;
  /// ERRORS: Corruption when the file ends before.
  virtual Result<void> Read(uint64_t offset, MutableBytes out) const = 0;
  /// A crash leaves any part of it done. ERRORS: InvalidArgument beyond the file's end.
  virtual Result<void> Write(uint64_t offset, Bytes bytes) = 0;
  virtual Result<void> Sync() = 0;
};

/// Holds an advisory lock until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Advisory locks on single bytes of a file that holds none: its offsets are names of other things. What one object
/// holds keeps every other from it, in this process too, and goes with the object or with the process.
/// THREADS: one at a time.
class ByteLocks {
 public:
  enum class Mode {
    kShared,     ///< beside other shared ones
    kExclusive,  ///< alone
  };
  virtual ~ByteLocks() = default;
  /// Never waits. ERRORS: Conflict when another object holds the byte in a way that forbids this; Unsupported where
  /// there are no locks.
  virtual Result<void> TryLock(uint64_t offset, Mode mode) = 0;
  /// Whether an exclusive lock could be had now.
  virtual Result<bool> IsFree(uint64_t offset) = 0;
  virtual void Unlock(uint64_t offset) = 0;
};

/// What a file system promises about syncs, from its kind (docs/durability.md).
struct SyncTraits {
  /// Syncing a new file makes its name, and those of the folders above it, durable too.
  bool names_follow_file_sync = false;
  /// SyncAll can be had, and tells of failures.
  bool can_sync_all = false;
  /// What it would write at this time, other programs' data too, as far as that is known.
  uint64_t unsynced_bytes = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<RandomAccessFile>> OpenRead(const std::string& path) = 0;
  /// Creates a file that must not exist. ERRORS: AlreadyExists.
  virtual Result<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;
  /// From now on many files will be made below `root` and removed again, until EndNursery: where that grows slow, they
  /// may be made in `folder`, which lies in it, and moved to their places. Nothing else changes.
  virtual void BeginNursery(const std::string& root, const std::string& folder) { (void)root, (void)folder; }
  virtual void EndNursery(const std::string& root) { (void)root; }
  /// Opens a file that exists, locked. ERRORS: NotFound; Conflict when another holds it.
  virtual Result<std::unique_ptr<InPlaceFile>> OpenInPlace(const std::string& path) = 0;
  /// Creates a file that must not exist, of `size_bytes` without content, which take up that much of the disk.
  /// ERRORS: AlreadyExists; NoSpace, and the file is not there.
  virtual Result<void> Reserve(const std::string& path, uint64_t size_bytes) = 0;
  /// What can still be written to the file system that holds `folder`, without privileges.
  virtual Result<uint64_t> FreeBytes(const std::string& folder) = 0;
  /// Creates `path` with `bytes`, durable and whole or not at all, only if it does not exist: the commit of a version.
  /// ERRORS: AlreadyExists (somebody was first, nothing changed); CommitUnknown when the file is there but the folder
  /// could not be synced.
  /// Made of the calls below, by way of a file ".tmp_<mark>..."; a store with a conditional put has its own.
  virtual Result<void> PublishIfAbsent(const std::string& path, Bytes bytes, std::string_view mark = {});
  /// Replaces `path` by `bytes` in one step, not synced. For what can be made anew, such as hints.
  virtual Result<void> Replace(const std::string& path, Bytes bytes, std::string_view mark = {});

  /// Entries of a folder, in no order. A folder that does not exist is NotFound.
  virtual Result<std::vector<FileInfo>> List(const std::string& folder) = 0;
  /// Their names alone, which costs no look at each.
  virtual Result<std::vector<std::string>> ListNames(const std::string& folder);
  virtual Result<FileInfo> Stat(const std::string& path) = 0;
  /// Creates the folder and those above it.
  virtual Result<void> CreateFolders(const std::string& folder) = 0;
  /// Makes the names in `folder` durable, those removed too.
  virtual Result<void> SyncFolder(const std::string& folder) = 0;
  [[nodiscard]] virtual SyncTraits Traits(const std::string& folder) = 0;
  /// Makes all files and names of the file system that holds `folder` durable. REQUIRES: Traits say that it can.
  virtual Result<void> SyncAll(const std::string& folder) = 0;
  virtual Result<void> Remove(const std::string& path) = 0;
  /// Removes files in any order, several at a time where that is faster: a disk may be told of each range that is free
  /// before a removal returns. A result a path.
  virtual std::vector<Result<void>> RemoveMany(std::span<const std::string> paths);
  virtual Result<void> RemoveAll(const std::string& folder) = 0;
  virtual Result<void> Rename(const std::string& from, const std::string& to) = 0;
  /// Gives the file a second name. ERRORS: AlreadyExists; Unsupported where there are no hard links.
  virtual Result<void> Link(const std::string& from, const std::string& to) = 0;
  /// Renames to a name that must not exist. ERRORS: AlreadyExists; Unsupported where that cannot be done in one step.
  virtual Result<void> RenameIfAbsent(const std::string& from, const std::string& to) = 0;
  /// Locks `path` (created if needed) for this process alone. ERRORS: Conflict when another holds it and `wait` is
  /// false.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path, bool wait) = 0;
  /// Opens `path` for locks, made empty where it is not there and `create` says so; one that may only be read gives
  /// shared locks. ERRORS: NotFound.
  virtual Result<std::unique_ptr<ByteLocks>> OpenByteLocks(const std::string& path, bool create) = 0;
};

/// The machine's file system.
FileSystem& PosixFileSystem();
/// The same without a single sync: whole after a crash of the program, not after one of the machine.
FileSystem& UnsyncedFileSystem();

/// The whole file. ERRORS: OverBudget beyond `limit_bytes`.
Result<std::vector<uint8_t>> ReadWholeFile(FileSystem& fs, const std::string& path, uint64_t limit_bytes = 1ull << 31);

/// The folder that holds `path`: "." for a bare name.
std::string FolderOf(const std::string& path);

/// "a/b" from "a" and "b".
std::string JoinPath(std::string_view folder, std::string_view name);

}  // namespace squire
