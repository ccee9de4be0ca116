#include "io/posix_locks.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "io/lock_probe.h"

namespace squire {
namespace {

#ifdef F_OFD_SETLK

class OfdLocks : public ByteLocks {
 public:
  OfdLocks(int fd, std::string path) : fd_(fd), path_(std::move(path)), process_(::getpid()) {}
  OfdLocks(const OfdLocks&) = delete;
  OfdLocks& operator=(const OfdLocks&) = delete;
  ~OfdLocks() override { ::close(fd_); }

  Result<void> TryLock(uint64_t offset, Mode mode) override {
    struct flock lock = TRY(Describe(offset, mode == Mode::kShared ? F_RDLCK : F_WRLCK));
    if (Call(F_OFD_SETLK, lock) == 0) return {};
    if (errno == EAGAIN || errno == EACCES) return Conflict(path_ + " is locked at " + std::to_string(offset));
    return Failure("cannot lock");
  }
  Result<bool> IsFree(uint64_t offset) override {
    struct flock lock = TRY(Describe(offset, F_WRLCK));
    if (Call(F_OFD_GETLK, lock) != 0) return Failure("cannot ask for locks");
    return lock.l_type == F_UNLCK;
  }
  void Unlock(uint64_t offset) override {
    if (::getpid() != process_) return;  // a child's unlocking would take the lock from its parent
    auto lock = Describe(offset, F_UNLCK);
    if (lock) (void)Call(F_OFD_SETLK, *lock);
  }

 private:
  int Call(int command, struct flock& lock) const {
    int done = ::fcntl(fd_, command, &lock);
    while (done < 0 && errno == EINTR) done = ::fcntl(fd_, command, &lock);
    return done;
  }
  static Result<struct flock> Describe(uint64_t offset, int type) {
    if (offset >= static_cast<uint64_t>(std::numeric_limits<off_t>::max()))
      return Unsupported("offset " + std::to_string(offset) + " cannot be locked");
    struct flock lock{};
    lock.l_type = static_cast<decltype(lock.l_type)>(type);
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(offset);
    lock.l_len = 1;
    return lock;
  }
  [[nodiscard]] Error Failure(const char* what) const {
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == ENOLCK)
      return Unsupported("the file system has no locks on bytes", path_);
    return FromErrno(errno, what, path_);
  }

  int fd_;
  std::string path_;
  pid_t process_;
};

#endif

#ifdef F_OFD_SETLK

/// A byte that stands for no version.
int CallOnProbedByte(int fd, int type) {
  struct flock lock{};
  lock.l_type = static_cast<decltype(lock.l_type)>(type);
  lock.l_whence = SEEK_SET;
  lock.l_start = std::numeric_limits<off_t>::max() - 1;
  lock.l_len = 1;
  return ::fcntl(fd, F_OFD_SETLK, &lock);
}

int TryProbedByte(int fd) { return CallOnProbedByte(fd, F_WRLCK); }

bool DoByteLocksExclude(int fd, const std::string& path) {
  // No locks, or a file that may only be read: locking tells. A lock of somebody else who is finding out proves it.
  if (TryProbedByte(fd) != 0) return true;
  const bool excludes = DoLocksExclude(fd, path, LockKind::kByte, TryProbedByte);
  (void)CallOnProbedByte(fd, F_UNLCK);
  return excludes;
}

#endif

int OpenRetrying(const std::string& path, int flags) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  while (fd < 0 && errno == EINTR) fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  return fd;
}

}  // namespace

Result<std::unique_ptr<ByteLocks>> OpenPosixByteLocks(const std::string& path, bool create) {
#ifdef F_OFD_SETLK
  int fd = OpenRetrying(path, O_RDWR | (create ? O_CREAT : 0));
  if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS)) {
    const int why = errno;
    fd = OpenRetrying(path, O_RDONLY);
    if (fd < 0 && create) errno = why;  // it cannot be made: that is the error, not that it is not there
  }
  if (fd < 0) return FromErrno(errno, "cannot open", path);
  auto locks = std::make_unique<OfdLocks>(fd, path);
  if (!DoByteLocksExclude(fd, path)) return Unsupported("the locks of the file system keep nobody out", path);
  return locks;
#else
  (void)create;
  return Unsupported("locks on bytes of a file", path);
#endif
}

}  // namespace squire
