#pragma once

/// A file system that fails on purpose: it hands every call to another one, but the n-th call that a fault can strike
/// fails, or all from the n-th on. For tests. Safe to share between threads.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace squire {

enum class Fault {
  kNone,
  kIo,             ///< EIO; nothing was done
  kNoSpace,        ///< ENOSPC where something is created, written or synced; nothing was done
  kTooManyFiles,   ///< EMFILE where a descriptor is needed
  kShortWrite,     ///< a part is written, then ENOSPC
  kTornWrite,      ///< all is written, but some of it as zeros, then EIO
  kFailingSync,    ///< EIO from a sync; what was dirty never becomes durable by syncing that file again
  kDoneButFailed,  ///< EIO, though the name was made, moved or removed
  kPowerLoss,      ///< nothing is done any more; the test then takes the power from the file system below
};
inline constexpr Fault kAllFaults[] = {Fault::kIo,        Fault::kNoSpace,     Fault::kTooManyFiles, Fault::kShortWrite,
                                       Fault::kTornWrite, Fault::kFailingSync, Fault::kDoneButFailed};
const char* FaultName(Fault fault);

enum class FileCall {
  kOpenRead,
  kRead,
  kCreate,
  kWrite,
  kSync,
  kClose,
  kDrop,  ///< the removal of a file that was not closed
  kList,
  kStat,
  kCreateFolders,
  kSyncFolder,
  kSyncAll,
  kRemove,
  kRemoveAll,
  kRename,
  kLink,
  kRenameIfAbsent,
  kLock,
  kOpenInPlace,
  kWriteInPlace,
  kReserve,
  kFreeBytes,
  kOpenByteLocks,
  kLockByte,  ///< also the question whether it is free
};
const char* FileCallName(FileCall call);

struct FaultPlan {
  Fault fault = Fault::kNone;
  int64_t at = 1;           ///< the call, counted from 1, among those that the fault can strike
  bool persistent = false;  ///< all later ones too
  uint64_t seed = 0;        ///< how much of a write is done
};

/// A fault that struck.
struct InjectedFault {
  FileCall call;
  std::string path;
};

class FaultyFileSystem : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& inner) : inner_(inner) {}

  /// From now on. Counts begin anew.
  void Arm(const FaultPlan& plan);
  void Disarm() { Arm({}); }
  [[nodiscard]] std::vector<InjectedFault> injected() const;
  /// Files that were synced again after a failed sync: never right.
  [[nodiscard]] int64_t repeated_syncs() const;
  /// Calls so far, by kind.
  [[nodiscard]] std::map<FileCall, int64_t> calls() const;

  Result<std::unique_ptr<RandomAccessFile>> OpenRead(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  Result<std::unique_ptr<InPlaceFile>> OpenInPlace(const std::string& path) override;
  Result<void> Reserve(const std::string& path, uint64_t size_bytes) override;
  Result<uint64_t> FreeBytes(const std::string& folder) override;
  Result<std::vector<FileInfo>> List(const std::string& folder) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<void> CreateFolders(const std::string& folder) override;
  Result<void> SyncFolder(const std::string& folder) override;
  SyncTraits Traits(const std::string& folder) override { return inner_.Traits(folder); }
  Result<void> SyncAll(const std::string& folder) override;
  Result<void> Remove(const std::string& path) override;
  Result<void> RemoveAll(const std::string& folder) override;
  Result<void> Rename(const std::string& from, const std::string& to) override;
  Result<void> Link(const std::string& from, const std::string& to) override;
  Result<void> RenameIfAbsent(const std::string& from, const std::string& to) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path, bool wait) override;
  Result<std::unique_ptr<ByteLocks>> OpenByteLocks(const std::string& path, bool create) override;

 private:
  class Reader;
  class Writer;
  class Bytewise;
  class InPlace;
  /// The fault that strikes this call, or kNone.
  Fault Strike(FileCall call, const std::string& path);
  template <class Do>
  auto Run(FileCall call, const std::string& path, Do run) -> decltype(run());

  FileSystem& inner_;
  mutable std::mutex mutex_;
  FaultPlan plan_;
  int64_t eligible_ = 0;
  int64_t repeated_syncs_ = 0;
  std::vector<InjectedFault> injected_;
  std::map<FileCall, int64_t> calls_;
};

}  // namespace squire
