#include "corpus/os.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#if defined(__linux__)
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <atomic>
#endif

namespace squire::corpus {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = other.Release();
  }
  return *this;
}

int Fd::Release() { return std::exchange(fd_, -1); }

void Fd::Close() {
  const int saved = errno;  // a destructor must not hide why an open failed
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  errno = saved;
}

Result<Fd> OpenFolder(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return FromErrno(errno, "cannot open the folder", path);
  return fd;
}

Fd OpenBeneath(int root, const char* path, int flags) {
  flags |= O_CLOEXEC | O_NOFOLLOW;
#if defined(__linux__) && defined(SYS_openat2)
  static std::atomic<bool> supported{true};
  if (supported.load(std::memory_order_relaxed)) {
    struct open_how how = {};
    how.flags = static_cast<uint64_t>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const long fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return Fd(static_cast<int>(fd));
    if (errno == ENOSYS) supported.store(false, std::memory_order_relaxed);
  }
#endif
  return Fd(::openat(root, path, flags));
}

std::optional<std::string> ReadSmallFile(int folder, const char* name, size_t bytes_max, bool follow_symlink) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow_symlink ? 0 : O_NOFOLLOW);
  Fd fd(::openat(folder, name, flags));
  struct stat st;
  if (!fd.valid() || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  std::string out(std::min<size_t>(static_cast<size_t>(st.st_size), bytes_max), '\0');
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::read(fd.get(), out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  out.resize(done);
  return out;
}

#if defined(__APPLE__)
int64_t ModifiedNs(const struct stat& st) { return st.st_mtimespec.tv_sec * 1'000'000'000LL + st.st_mtimespec.tv_nsec; }
int64_t ChangedNs(const struct stat& st) { return st.st_ctimespec.tv_sec * 1'000'000'000LL + st.st_ctimespec.tv_nsec; }
#else
int64_t ModifiedNs(const struct stat& st) { return st.st_mtim.tv_sec * 1'000'000'000LL + st.st_mtim.tv_nsec; }
int64_t ChangedNs(const struct stat& st) { return st.st_ctim.tv_sec * 1'000'000'000LL + st.st_ctim.tv_nsec; }
#endif

bool IsOurTrouble(int os_errno) { return os_errno == EMFILE || os_errno == ENFILE || os_errno == ENOMEM; }

}  // namespace squire::corpus
