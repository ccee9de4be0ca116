#pragma once

/// A file system in memory, as strict as POSIX allows one to be: a name or a byte is durable only once it was synced,
/// and PowerLoss() takes everything else away. For tests. Safe to share between threads, as every FileSystem.
///
/// Paths are absolute or not, '/' apart; "." and ".." are not known. There are no symbolic links and no rights.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace squire {

struct MemoryOptions {
  /// As journalled file systems do: syncing a new file makes its name durable, and the folders' above it.
  bool names_follow_file_sync = false;
  bool can_sync_all = true;
  bool has_links = true;
  bool has_rename_if_absent = true;
  bool has_byte_locks = true;
  uint64_t capacity_bytes = UINT64_MAX;  ///< beyond it writes fail with NoSpace, after what still fitted
};

/// What a loss of power leaves of a change that was not synced.
enum class Unsynced {
  kLost,    ///< nothing
  kRandom,  ///< by seed, of each change by itself: a name with or without, a file's bytes whole, torn or not at all
  kKept,    ///< all of it
  kTorn,    ///< of a file's bytes a part, or zeros in place of some, by seed; of names as kRandom
};

class MemoryFileSystem : public FileSystem {
 public:
  explicit MemoryFileSystem(const MemoryOptions& options = {}) : options_(options) {}

  Result<std::unique_ptr<RandomAccessFile>> OpenRead(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  Result<std::unique_ptr<InPlaceFile>> OpenInPlace(const std::string& path) override;
  Result<void> Reserve(const std::string& path, uint64_t size_bytes) override;
  Result<uint64_t> FreeBytes(const std::string& folder) override;
  Result<std::vector<FileInfo>> List(const std::string& folder) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<void> CreateFolders(const std::string& folder) override;
  Result<void> SyncFolder(const std::string& folder) override;
  SyncTraits Traits(const std::string& folder) override;
  Result<void> SyncAll(const std::string& folder) override;
  Result<void> Remove(const std::string& path) override;
  Result<void> RemoveAll(const std::string& folder) override;
  Result<void> Rename(const std::string& from, const std::string& to) override;
  Result<void> Link(const std::string& from, const std::string& to) override;
  Result<void> RenameIfAbsent(const std::string& from, const std::string& to) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path, bool wait) override;
  Result<std::unique_ptr<ByteLocks>> OpenByteLocks(const std::string& path, bool create) override;

  /// Takes away what was not synced. REQUIRES: no handle is open.
  void PowerLoss(Unsynced unsynced = Unsynced::kLost, uint64_t seed = 0) { PowerLoss(unsynced, unsynced, seed); }
  /// The same, with other luck for the bytes of files than for their names.
  void PowerLoss(Unsynced bytes, Unsynced names, uint64_t seed);
  /// Is called before each sync, while what that makes durable is not.
  void set_before_sync(std::function<void()> before_sync) { before_sync_ = std::move(before_sync); }
  /// A copy that shares nothing with this one.
  [[nodiscard]] std::unique_ptr<MemoryFileSystem> Clone() const;
  /// Files and locks that are open.
  [[nodiscard]] int64_t open_handles() const;
  /// Calls of Sync, SyncFolder and SyncAll so far.
  [[nodiscard]] int64_t syncs() const;
  [[nodiscard]] uint64_t bytes_used() const;
  void set_capacity_bytes(uint64_t bytes);
  /// Whether folders, and files for locks, can be made.
  void set_read_only(bool is_read_only);

 private:
  struct Node;
  class Reader;
  class Writer;
  class InPlace;
  class HeldLock;
  class HeldBytes;
  using NodePtr = std::shared_ptr<Node>;
  struct Place {
    NodePtr folder;
    std::string name;
  };

  [[nodiscard]] Result<NodePtr> Find(const std::string& path) const;
  [[nodiscard]] Result<Place> FindPlace(const std::string& path) const;
  Result<void> MakeEmpty(const std::string& path);
  Result<void> Move(const std::string& from, const std::string& to, bool replace);
  void SyncNames(const std::string& path);
  void BeforeSync() const {
    if (before_sync_) before_sync_();
  }
  static void SyncTree(const NodePtr& root);
  [[nodiscard]] uint64_t BytesUsed() const;
  /// What can still be written.
  [[nodiscard]] uint64_t Room() const;

  std::function<void()> before_sync_;  // set before threads begin
  mutable std::mutex mutex_;
  std::condition_variable lock_freed_;
  MemoryOptions options_;
  NodePtr root_ = NewFolder();
  std::set<std::string> locked_;
  std::map<std::string, std::vector<HeldBytes*>> byte_locks_;  // open ones, by path
  bool is_read_only_ = false;
  int64_t open_handles_ = 0;
  int64_t syncs_ = 0;

  static NodePtr NewFolder();
};

}  // namespace squire
