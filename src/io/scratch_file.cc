#include "io/scratch_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace squire {

Result<ScratchFile> ScratchFile::Open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return FromErrno(errno, "cannot open", path);
  return ScratchFile(fd, path);
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

ScratchFile::~ScratchFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<uint64_t> ScratchFile::Size() const {
  struct stat st{};
  if (::fstat(fd_, &st) < 0) return FromErrno(errno, "cannot stat", path_);
  return static_cast<uint64_t>(st.st_size);
}

Result<size_t> ScratchFile::ReadAt(uint64_t offset, MutableBytes out) const {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FromErrno(errno, "cannot read", path_);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

Result<void> ScratchFile::WriteAt(uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FromErrno(errno, "cannot write", path_);
    bytes = bytes.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return {};
}

Result<void> ScratchFile::Truncate(uint64_t size_bytes) {
  if (::ftruncate(fd_, static_cast<off_t>(size_bytes)) < 0) return FromErrno(errno, "cannot cut", path_);
  return {};
}

}  // namespace squire
