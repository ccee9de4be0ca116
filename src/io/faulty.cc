#include "io/faulty.h"

#include <cerrno>

namespace squire {
namespace {

/// Whether `fault` is one that `call` can meet.
bool CanStrike(Fault fault, FileCall call) {
  using enum FileCall;
  switch (fault) {
    case Fault::kNone: return false;
    case Fault::kIo:
    case Fault::kPowerLoss: return true;
    case Fault::kNoSpace:
      return call == kCreate || call == kWrite || call == kSync || call == kCreateFolders || call == kLink ||
             call == kRename || call == kRenameIfAbsent || call == kLock || call == kReserve || call == kOpenByteLocks;
    case Fault::kTooManyFiles:
      return call == kOpenRead || call == kCreate || call == kList || call == kSyncFolder || call == kSyncAll ||
             call == kLock || call == kOpenInPlace || call == kReserve || call == kOpenByteLocks;
    case Fault::kShortWrite: return call == kWrite;
    case Fault::kTornWrite: return call == kWrite || call == kWriteInPlace;
    case Fault::kFailingSync: return call == kSync || call == kSyncFolder || call == kSyncAll;
    case Fault::kDoneButFailed:
      return call == kCreate || call == kCreateFolders || call == kLink || call == kRename || call == kRenameIfAbsent ||
             call == kRemove || call == kRemoveAll || call == kClose || call == kReserve;
  }
  return false;
}

Error ErrorOf(Fault fault, FileCall call, const std::string& path) {
  const std::string what = std::string("injected into ") + FileCallName(call);
  switch (fault) {
    case Fault::kNoSpace:
    case Fault::kShortWrite: return FromErrno(ENOSPC, what, path);
    case Fault::kTooManyFiles: return FromErrno(EMFILE, what, path);
    default: return FromErrno(EIO, what, path);
  }
}

}  // namespace

const char* FaultName(Fault fault) {
  switch (fault) {
    case Fault::kNone: return "none";
    case Fault::kIo: return "io";
    case Fault::kNoSpace: return "no_space";
    case Fault::kTooManyFiles: return "too_many_files";
    case Fault::kShortWrite: return "short_write";
    case Fault::kTornWrite: return "torn_write";
    case Fault::kFailingSync: return "failing_sync";
    case Fault::kDoneButFailed: return "done_but_failed";
    case Fault::kPowerLoss: return "power_loss";
  }
  return "?";
}

const char* FileCallName(FileCall call) {
  static constexpr const char* kNames[] = {
      "OpenRead",    "Read",         "Create",  "Write",         "Sync",           "Close",
      "Drop",        "List",         "Stat",    "CreateFolders", "SyncFolder",     "SyncAll",
      "Remove",      "RemoveAll",    "Rename",  "Link",          "RenameIfAbsent", "Lock",
      "OpenInPlace", "WriteInPlace", "Reserve", "FreeBytes",     "OpenByteLocks",  "LockByte"};
  return kNames[static_cast<size_t>(call)];
}

void FaultyFileSystem::Arm(const FaultPlan& plan) {
  const std::scoped_lock lock(mutex_);
  plan_ = plan;
  eligible_ = 0;
  injected_.clear();
  calls_.clear();
}

std::vector<InjectedFault> FaultyFileSystem::injected() const {
  const std::scoped_lock lock(mutex_);
  return injected_;
}

int64_t FaultyFileSystem::repeated_syncs() const {
  const std::scoped_lock lock(mutex_);
  return repeated_syncs_;
}

std::map<FileCall, int64_t> FaultyFileSystem::calls() const {
  const std::scoped_lock lock(mutex_);
  return calls_;
}

Fault FaultyFileSystem::Strike(FileCall call, const std::string& path) {
  const std::scoped_lock lock(mutex_);
  calls_[call]++;
  if (!CanStrike(plan_.fault, call)) return Fault::kNone;
  eligible_++;
  const bool persistent = plan_.persistent || plan_.fault == Fault::kPowerLoss;
  if (persistent ? eligible_ < plan_.at : eligible_ != plan_.at) return Fault::kNone;
  injected_.push_back({call, path});
  return plan_.fault;
}

template <class Do>
auto FaultyFileSystem::Run(FileCall call, const std::string& path, Do run) -> decltype(run()) {
  const Fault fault = Strike(call, path);
  if (fault == Fault::kNone) return run();
  if (fault == Fault::kDoneButFailed) (void)run();
  return ErrorOf(fault, call, path);
}

class FaultyFileSystem::Reader : public RandomAccessFile {
 public:
  Reader(FaultyFileSystem& fs, std::unique_ptr<RandomAccessFile> inner, std::string path)
      : fs_(fs), inner_(std::move(inner)), path_(std::move(path)) {}
  [[nodiscard]] uint64_t size() const override { return inner_->size(); }
  Result<void> ReadMany(std::span<const ReadRange> ranges) const override {
    return fs_.Run(FileCall::kRead, path_, [&] { return inner_->ReadMany(ranges); });
  }

 private:
  FaultyFileSystem& fs_;
  std::unique_ptr<RandomAccessFile> inner_;
  std::string path_;
};

class FaultyFileSystem::Writer : public WritableFile {
 public:
  Writer(FaultyFileSystem& fs, std::unique_ptr<WritableFile> inner, std::string path)
      : fs_(fs), inner_(std::move(inner)), path_(std::move(path)) {}
  ~Writer() override {
    if (is_closed_) return;
    if (fs_.Strike(FileCall::kDrop, path_) != Fault::kNone) (void)inner_->Close();  // it stays, as after a crash
  }

  Result<void> Append(Bytes bytes) override {
    const Fault fault = fs_.Strike(FileCall::kWrite, path_);
    if (fault == Fault::kNone) return inner_->Append(bytes);
    const size_t part = bytes.empty() ? 0 : static_cast<size_t>((fs_.plan_.seed * 2654435761u + 1) % bytes.size());
    if (fault == Fault::kShortWrite || fault == Fault::kTornWrite) TRY(inner_->Append(bytes.first(part)));
    if (fault == Fault::kTornWrite) TRY(inner_->Append(std::vector<uint8_t>(bytes.size() - part)));
    return ErrorOf(fault, FileCall::kWrite, path_);
  }
  [[nodiscard]] uint64_t size() const override { return inner_->size(); }
  Result<void> Sync() override {
    const Fault fault = fs_.Strike(FileCall::kSync, path_);
    if (has_failed_sync_) {  // the system has forgotten what was dirty: this sync finds nothing to do
      const std::scoped_lock lock(fs_.mutex_);
      fs_.repeated_syncs_++;
      return {};
    }
    if (fault == Fault::kNone) return inner_->Sync();
    has_failed_sync_ = true;
    return ErrorOf(fault, FileCall::kSync, path_);
  }
  Result<void> Close() override {
    is_closed_ = true;
    const Fault fault = fs_.Strike(FileCall::kClose, path_);
    auto closed = inner_->Close();  // a descriptor is gone whatever close(2) says
    if (fault != Fault::kNone) return ErrorOf(fault, FileCall::kClose, path_);
    return closed;
  }

 private:
  FaultyFileSystem& fs_;
  std::unique_ptr<WritableFile> inner_;
  std::string path_;
  bool is_closed_ = false;
  bool has_failed_sync_ = false;
};

class FaultyFileSystem::InPlace : public InPlaceFile {
 public:
  InPlace(FaultyFileSystem& fs, std::unique_ptr<InPlaceFile> inner, std::string path)
      : fs_(fs), inner_(std::move(inner)), path_(std::move(path)) {}
  [[nodiscard]] uint64_t size() const override { return inner_->size(); }
  Result<void> Read(uint64_t offset, MutableBytes out) const override {
    return fs_.Run(FileCall::kRead, path_, [&] { return inner_->Read(offset, out); });
  }
  Result<void> Write(uint64_t offset, Bytes bytes) override {
    const Fault fault = fs_.Strike(FileCall::kWriteInPlace, path_);
    if (fault == Fault::kNone) return inner_->Write(offset, bytes);
    const size_t part = bytes.empty() ? 0 : static_cast<size_t>((fs_.plan_.seed * 2654435761u + 1) % bytes.size());
    if (fault == Fault::kTornWrite) {
      TRY(inner_->Write(offset, bytes.first(part)));
      TRY(inner_->Write(offset + part, std::vector<uint8_t>(bytes.size() - part)));
    }
    return ErrorOf(fault, FileCall::kWriteInPlace, path_);
  }
  Result<void> Sync() override {
    return fs_.Run(FileCall::kSync, path_, [&] { return inner_->Sync(); });
  }

 private:
  FaultyFileSystem& fs_;
  std::unique_ptr<InPlaceFile> inner_;
  std::string path_;
};

Result<std::unique_ptr<InPlaceFile>> FaultyFileSystem::OpenInPlace(const std::string& path) {
  auto file = TRY(Run(FileCall::kOpenInPlace, path, [&] { return inner_.OpenInPlace(path); }));
  return std::make_unique<InPlace>(*this, std::move(file), path);
}
Result<void> FaultyFileSystem::Reserve(const std::string& path, uint64_t size_bytes) {
  return Run(FileCall::kReserve, path, [&] { return inner_.Reserve(path, size_bytes); });
}
Result<uint64_t> FaultyFileSystem::FreeBytes(const std::string& folder) {
  return Run(FileCall::kFreeBytes, folder, [&] { return inner_.FreeBytes(folder); });
}

class FaultyFileSystem::Bytewise : public ByteLocks {
 public:
  Bytewise(FaultyFileSystem& fs, std::unique_ptr<ByteLocks> inner, std::string path)
      : fs_(fs), inner_(std::move(inner)), path_(std::move(path)) {}
  Result<void> TryLock(uint64_t offset, Mode mode) override {
    return fs_.Run(FileCall::kLockByte, path_, [&] { return inner_->TryLock(offset, mode); });
  }
  Result<bool> IsFree(uint64_t offset) override {
    return fs_.Run(FileCall::kLockByte, path_, [&] { return inner_->IsFree(offset); });
  }
  void Unlock(uint64_t offset) override { inner_->Unlock(offset); }

 private:
  FaultyFileSystem& fs_;
  std::unique_ptr<ByteLocks> inner_;
  std::string path_;
};

Result<std::unique_ptr<RandomAccessFile>> FaultyFileSystem::OpenRead(const std::string& path) {
  auto file = TRY(Run(FileCall::kOpenRead, path, [&] { return inner_.OpenRead(path); }));
  return std::make_unique<Reader>(*this, std::move(file), path);
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::Create(const std::string& path) {
  const Fault fault = Strike(FileCall::kCreate, path);
  if (fault != Fault::kNone && fault != Fault::kDoneButFailed) return ErrorOf(fault, FileCall::kCreate, path);
  auto file = TRY(inner_.Create(path));
  if (fault == Fault::kNone) return std::make_unique<Writer>(*this, std::move(file), path);
  TRY(file->Close());
  return ErrorOf(fault, FileCall::kCreate, path);
}

Result<std::vector<FileInfo>> FaultyFileSystem::List(const std::string& folder) {
  return Run(FileCall::kList, folder, [&] { return inner_.List(folder); });
}
Result<FileInfo> FaultyFileSystem::Stat(const std::string& path) {
  return Run(FileCall::kStat, path, [&] { return inner_.Stat(path); });
}
Result<void> FaultyFileSystem::CreateFolders(const std::string& folder) {
  return Run(FileCall::kCreateFolders, folder, [&] { return inner_.CreateFolders(folder); });
}
Result<void> FaultyFileSystem::SyncFolder(const std::string& folder) {
  return Run(FileCall::kSyncFolder, folder, [&] { return inner_.SyncFolder(folder); });
}
Result<void> FaultyFileSystem::SyncAll(const std::string& folder) {
  return Run(FileCall::kSyncAll, folder, [&] { return inner_.SyncAll(folder); });
}
Result<void> FaultyFileSystem::Remove(const std::string& path) {
  return Run(FileCall::kRemove, path, [&] { return inner_.Remove(path); });
}
Result<void> FaultyFileSystem::RemoveAll(const std::string& folder) {
  return Run(FileCall::kRemoveAll, folder, [&] { return inner_.RemoveAll(folder); });
}
Result<void> FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  return Run(FileCall::kRename, to, [&] { return inner_.Rename(from, to); });
}
Result<void> FaultyFileSystem::Link(const std::string& from, const std::string& to) {
  return Run(FileCall::kLink, to, [&] { return inner_.Link(from, to); });
}
Result<void> FaultyFileSystem::RenameIfAbsent(const std::string& from, const std::string& to) {
  return Run(FileCall::kRenameIfAbsent, to, [&] { return inner_.RenameIfAbsent(from, to); });
}
Result<std::unique_ptr<FileLock>> FaultyFileSystem::Lock(const std::string& path, bool wait) {
  return Run(FileCall::kLock, path, [&] { return inner_.Lock(path, wait); });
}
Result<std::unique_ptr<ByteLocks>> FaultyFileSystem::OpenByteLocks(const std::string& path, bool create) {
  auto locks = TRY(Run(FileCall::kOpenByteLocks, path, [&] { return inner_.OpenByteLocks(path, create); }));
  return std::make_unique<Bytewise>(*this, std::move(locks), path);
}

}  // namespace squire
