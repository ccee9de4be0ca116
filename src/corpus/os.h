#pragma once

/// The few system calls that the room makes, with descriptors that close themselves. THREADS: a Fd has one owner.

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "squire/result.h"

namespace squire::corpus {

/// An owned file descriptor, or none (-1).
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.Release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { Close(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  int Release();
  void Close();

 private:
  int fd_ = -1;
};

/// Opens the folder `path` to resolve relative names in; a symlink as the last segment is followed.
Result<Fd> OpenFolder(const std::string& path);

/// Opens `path` below `root` with open(2)'s `flags`, following no symbolic link in any segment where the system can
/// promise that (openat2), else none in the last. Returns an invalid Fd and sets errno on failure.
Fd OpenBeneath(int root, const char* path, int flags);

/// All bytes of the regular file `name` in the folder `folder`, at most `bytes_max` of them; nothing if it cannot be
/// read.
std::optional<std::string> ReadSmallFile(int folder, const char* name, size_t bytes_max, bool follow_symlink);

int64_t ModifiedNs(const struct stat& st);
int64_t ChangedNs(const struct stat& st);

/// Whether an errno says that the process, not the file, is in trouble (descriptors, memory), so that going on would
/// report files as gone that are not.
bool IsOurTrouble(int os_errno);

}  // namespace squire::corpus
