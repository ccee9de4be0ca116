// The machine's file system: pread and write, never mmap.

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/parallel.h"
#include "io/file_system.h"
#include "io/lock_probe.h"
#include "io/nursery.h"
#include "io/posix_locks.h"
#include "io/sync_traits.h"

namespace squire {
namespace {

// They wait for the disk, not for the processor.
constexpr int kRemovingThreads = 4;
constexpr size_t kRemovedAlone = 4;  // fewer files are not worth threads

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

template <class Call>
auto Retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class PosixRandomAccessFile : public RandomAccessFile {
 public:
  PosixRandomAccessFile(int fd, uint64_t size_bytes, std::string path)
      : fd_(fd), size_bytes_(size_bytes), path_(std::move(path)) {}

  [[nodiscard]] uint64_t size() const override { return size_bytes_; }

  Result<void> ReadMany(std::span<const ReadRange> ranges) const override {
    for (const ReadRange& range : ranges) {
      size_t done = 0;
      while (done < range.out.size()) {
        const ssize_t got = Retry([&] {
          return ::pread(fd_.get(), range.out.data() + done, range.out.size() - done,
                         static_cast<off_t>(range.offset + done));
        });
        if (got < 0) return FromErrno(errno, "cannot read", path_);
        if (got == 0) {
          return Corruption("the file ends at byte " + std::to_string(range.offset + done) + ", " +
                                std::to_string(range.out.size() - done) + " more wanted",
                            path_);
        }
        done += static_cast<size_t>(got);
      }
    }
    return {};
  }

 private:
  Descriptor fd_;
  uint64_t size_bytes_;
  std::string path_;
};

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(int fd, std::string path, bool synced) : fd_(fd), path_(std::move(path)), synced_(synced) {}
  ~PosixWritableFile() override {
    if (fd_.get() >= 0) ::unlink(path_.c_str());
  }

  Result<void> Append(Bytes bytes) override {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put = Retry([&] { return ::write(fd_.get(), bytes.data() + done, bytes.size() - done); });
      if (put < 0) return FromErrno(errno, "cannot write", path_);
      done += static_cast<size_t>(put);
      size_bytes_ += static_cast<uint64_t>(put);
    }
    return {};
  }
  [[nodiscard]] uint64_t size() const override { return size_bytes_; }
  void StartWriting() override {
#ifdef __linux__
    if (synced_) (void)::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);  // what fails, Sync tells
#endif
  }
  Result<void> Sync() override {
    if (synced_ && Retry([&] { return ::fdatasync(fd_.get()); }) < 0) return FromErrno(errno, "cannot sync", path_);
    return {};
  }
  Result<void> Close() override {
    if (::close(fd_.release()) < 0 && errno != EINTR) return FromErrno(errno, "cannot close", path_);
    return {};
  }

 private:
  Descriptor fd_;
  std::string path_;
  bool synced_;
  uint64_t size_bytes_ = 0;
};

class PosixInPlaceFile : public InPlaceFile {
 public:
  PosixInPlaceFile(int fd, uint64_t size_bytes, std::string path, bool synced)
      : reader_(fd, size_bytes, path), fd_(fd), path_(std::move(path)), synced_(synced) {}

  [[nodiscard]] uint64_t size() const override { return reader_.size(); }
  Result<void> Read(uint64_t offset, MutableBytes out) const override {
    const ReadRange range{offset, out};
    return reader_.ReadMany({&range, 1});
  }
  Result<void> Write(uint64_t offset, Bytes bytes) override {
    if (offset > size() || bytes.size() > size() - offset) return InvalidArgument("a write beyond the end of " + path_);
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t put = Retry(
          [&] { return ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done)); });
      if (put < 0) return FromErrno(errno, "cannot write", path_);
      done += static_cast<size_t>(put);
    }
    return {};
  }
  Result<void> Sync() override {
    if (synced_ && Retry([&] { return ::fdatasync(fd_); }) < 0) return FromErrno(errno, "cannot sync", path_);
    return {};
  }

 private:
  PosixRandomAccessFile reader_;  // owns fd_
  int fd_;
  std::string path_;
  bool synced_;
};

class PosixFileLock : public FileLock {
 public:
  explicit PosixFileLock(int fd) : fd_(fd) {}

 private:
  Descriptor fd_;
};

#ifndef __linux__
/// 0, or the errno of the write that failed.
int WriteZeros(int fd, uint64_t size_bytes) {
  const std::vector<uint8_t> zeros(64 << 10);
  while (size_bytes > 0) {
    const ssize_t put = Retry([&] { return ::write(fd, zeros.data(), std::min<uint64_t>(zeros.size(), size_bytes)); });
    if (put < 0) return errno;
    size_bytes -= static_cast<uint64_t>(put);
  }
  return 0;
}
#endif

/// Bytes of files that are not on the disk yet, of the whole machine; 0 where it does not tell.
uint64_t DirtyBytes() {
  std::ifstream file("/proc/meminfo");
  uint64_t total_kib = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Dirty:") || line.starts_with("Writeback:"))
      total_kib += std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10);
  }
  return total_kib << 10;
}

class Posix : public FileSystem {
 public:
  explicit Posix(bool synced) : synced_(synced) {}

  Result<std::unique_ptr<RandomAccessFile>> OpenRead(const std::string& path) override {
    Descriptor fd(Retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
    if (fd.get() < 0) return FromErrno(errno, "cannot open", path);
    struct stat st{};
    if (::fstat(fd.get(), &st) < 0) return FromErrno(errno, "cannot stat", path);
    if (!S_ISREG(st.st_mode)) return InvalidArgument(path + " is not a plain file");
    return std::make_unique<PosixRandomAccessFile>(fd.release(), static_cast<uint64_t>(st.st_size), path);
  }

  Result<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    const auto nursery = nurseries_.Of(path);
    int fd = nursery ? nursery->Create(path) : -1;
    if (fd < 0) fd = Retry([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    if (fd < 0) return FromErrno(errno, "cannot create", path);
    return std::make_unique<PosixWritableFile>(fd, path, synced_);
  }

  void BeginNursery(const std::string& root, const std::string& folder) override { nurseries_.Add(root, folder); }
  void EndNursery(const std::string& root) override { nurseries_.Remove(root); }

  Result<std::unique_ptr<InPlaceFile>> OpenInPlace(const std::string& path) override {
    Descriptor fd(Retry([&] { return ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW); }));
    if (fd.get() < 0) return FromErrno(errno, "cannot open", path);
    TRY(TakeLock(fd.get(), path, /*wait=*/false));
    struct stat st{};
    if (::fstat(fd.get(), &st) < 0) return FromErrno(errno, "cannot stat", path);
    if (!S_ISREG(st.st_mode)) return InvalidArgument(path + " is not a plain file");
    return std::make_unique<PosixInPlaceFile>(fd.release(), static_cast<uint64_t>(st.st_size), path, synced_);
  }

  Result<void> Reserve(const std::string& path, uint64_t size_bytes) override {
    const Descriptor fd(Retry([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }));
    if (fd.get() < 0) return FromErrno(errno, "cannot create", path);
#ifdef __linux__
    int failed = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size_bytes));
    while (failed == EINTR) failed = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size_bytes));
#else
    int failed = WriteZeros(fd.get(), size_bytes);
#endif
    if (failed == 0) return {};
    ::unlink(path.c_str());
    return FromErrno(failed, "cannot reserve " + std::to_string(size_bytes) + " bytes", path);
  }

  Result<uint64_t> FreeBytes(const std::string& folder) override {
    struct statvfs info{};
    if (Retry([&] { return ::statvfs(folder.c_str(), &info); }) < 0)
      return FromErrno(errno, "cannot tell the free space of", folder);
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }

  Result<std::vector<FileInfo>> List(const std::string& folder) override {
    std::vector<FileInfo> out;
    TRY(ForEachEntry(folder, [&](int dir, const char* name) -> Result<void> {
      struct stat st{};
      if (::fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        out.push_back(Describe(name, st));
      } else if (errno != ENOENT) {  // else removed since it was listed
        return FromErrno(errno, "cannot stat", JoinPath(folder, name));
      }
      return {};
    }));
    return out;
  }

  Result<std::vector<std::string>> ListNames(const std::string& folder) override {
    std::vector<std::string> out;
    TRY(ForEachEntry(folder, [&](int, const char* name) -> Result<void> {
      out.emplace_back(name);
      return {};
    }));
    return out;
  }

  Result<FileInfo> Stat(const std::string& path) override {
    struct stat st{};
    if (::stat(path.c_str(), &st) < 0) return FromErrno(errno, "cannot stat", path);
    return Describe(path.substr(path.rfind('/') + 1), st);
  }

  Result<void> CreateFolders(const std::string& folder) override {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return FromErrno(error.value(), "cannot create folder", folder);
    return {};
  }

  Result<void> SyncFolder(const std::string& folder) override {
    if (!synced_) return {};
    const Descriptor fd(Retry([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (fd.get() < 0) return FromErrno(errno, "cannot open folder", folder);
    if (Retry([&] { return ::fsync(fd.get()); }) < 0 && errno != EINVAL)
      return FromErrno(errno, "cannot sync folder", folder);
    return {};
  }

  SyncTraits Traits(const std::string& folder) override {
    SyncTraits traits = SyncTraitsOf(folder);
    if (traits.can_sync_all) traits.unsynced_bytes = DirtyBytes();
    return traits;
  }

  Result<void> SyncAll(const std::string& folder) override {
    if (!synced_) return {};
#ifdef __linux__
    const Descriptor fd(Retry([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (fd.get() < 0) return FromErrno(errno, "cannot open folder", folder);
    if (::syncfs(fd.get()) < 0) return FromErrno(errno, "cannot sync the file system", folder);
    return {};
#else
    return Unsupported("syncing a whole file system", folder);
#endif
  }

  Result<void> Remove(const std::string& path) override {
    if (::unlink(path.c_str()) < 0) return FromErrno(errno, "cannot remove", path);
    return {};
  }

  std::vector<Result<void>> RemoveMany(std::span<const std::string> paths) override {
    if (paths.size() < kRemovedAlone) return FileSystem::RemoveMany(paths);
    std::vector<Result<void>> out(paths.size());
    const auto remove = [&](size_t i) -> Result<void> {
      out[i] = Remove(paths[i]);
      return {};
    };
    (void)ParallelFor(paths.size(), kRemovingThreads, remove);
    return out;
  }

  Result<void> RemoveAll(const std::string& folder) override {
    std::error_code error;
    std::filesystem::remove_all(folder, error);
    if (error) return FromErrno(error.value(), "cannot remove", folder);
    return {};
  }

  Result<void> Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) return FromErrno(errno, "cannot rename to " + to, from);
    return {};
  }

  Result<void> Link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK)
      return Unsupported("the file system has no hard links", to);
    return FromErrno(errno, "cannot link", to);
  }

  Result<void> RenameIfAbsent(const std::string& from, const std::string& to) override {
#ifdef RENAME_NOREPLACE
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
    if (errno != EINVAL && errno != ENOSYS) return FromErrno(errno, "cannot rename to " + to, from);
#else
    (void)from;
#endif
    return Unsupported("the file system cannot rename to a free name only", to);
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path, bool wait) override {
    Descriptor fd(Retry([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666); }));
    if (fd.get() < 0) return FromErrno(errno, "cannot open lock", path);
    TRY(TakeLock(fd.get(), path, wait));
    return std::make_unique<PosixFileLock>(fd.release());
  }

  Result<std::unique_ptr<ByteLocks>> OpenByteLocks(const std::string& path, bool create) override {
    return OpenPosixByteLocks(path, create);
  }

 private:
  static Result<void> TakeLock(int fd, const std::string& path, bool wait) {
    if (Retry([&] { return ::flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)); }) == 0) {
      const auto again = [](int other) { return ::flock(other, LOCK_EX | LOCK_NB); };
      if (DoLocksExclude(fd, path, LockKind::kFile, again)) return {};
      return Unsupported("the locks of the file system keep nobody out", path);
    }
    if (errno == EWOULDBLOCK) return Conflict(path + " is locked by another process");
    if (errno == ENOSYS || errno == EOPNOTSUPP || errno == ENOLCK || errno == EINVAL)
      return Unsupported("the file system has no locks", path);
    return FromErrno(errno, "cannot lock", path);
  }

  /// Calls `use(descriptor of the folder, name)` for each entry.
  template <class Use>
  static Result<void> ForEachEntry(const std::string& folder, Use use) {
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return FromErrno(errno, "cannot list", folder);
    const std::unique_ptr<DIR, int (*)(DIR*)> closer(dir, ::closedir);
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(dir);
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") TRY(use(::dirfd(dir), entry->d_name));
    }
    if (errno != 0) return FromErrno(errno, "cannot list", folder);
    return {};
  }

  static FileInfo Describe(std::string name, const struct stat& st) {
    return {std::move(name), static_cast<uint64_t>(st.st_size),
            st.st_mtim.tv_sec * 1'000'000'000ll + st.st_mtim.tv_nsec, S_ISDIR(st.st_mode)};
  }

  const bool synced_;
  Nurseries nurseries_;
};

}  // namespace

FileSystem& PosixFileSystem() {
  static Posix fs(/*synced=*/true);
  return fs;
}

FileSystem& UnsyncedFileSystem() {
  static Posix fs(/*synced=*/false);
  return fs;
}

}  // namespace squire
