#include "io/nursery.h"

#ifdef __linux__
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#endif

#include "base/ids.h"
#include "io/file_system.h"

namespace squire {

Nursery::Nursery(std::string folder) : folder_(std::move(folder)) {}

#ifdef __linux__
namespace {

constexpr int kFolders = 16;
constexpr uint64_t kFilesBefore = 128;  // of a process, before it is worth having
constexpr uint64_t kFilesInTurn = 64;   // in one folder, then in the next: what is written together lies together
constexpr unsigned long kExt = 0xEF53;  // statfs(2), f_type
constexpr int kTopFolder = 0x00020000;  // ioctl_iflags(2), FS_TOPDIR_FL: spread the folders in this one

bool MakeFolder(const std::string& path) { return ::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST; }

/// Best effort: without it the folders are made, but lie together.
void SpreadFoldersIn(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  int flags = 0;
  if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & kTopFolder) == 0) {
    flags |= kTopFolder;
    (void)::ioctl(fd, FS_IOC_SETFLAGS, &flags);
  }
  ::close(fd);
}

/// What a killed program left. A file that a living one is about to name may go too: it is then made the plain way.
void Empty(const std::string& path) {
  DIR* dir = ::opendir(path.c_str());
  if (dir == nullptr) return;
  while (const dirent* entry = ::readdir(dir))
    if (entry->d_name[0] != '.') (void)::unlinkat(::dirfd(dir), entry->d_name, 0);
  ::closedir(dir);
}

std::string FolderName(const std::string& folder, uint64_t number) {
  char name[8];
  std::snprintf(name, sizeof name, "%02u", static_cast<unsigned>(number % kFolders));
  return JoinPath(folder, name);
}

}  // namespace

bool Nursery::Open() {
  const std::scoped_lock lock(opening_);
  if (state_ != State::kNotYet) return state_ == State::kOpen;
  state_ = State::kClosed;
  struct statfs info{};
  if (::statfs(FolderOf(folder_).c_str(), &info) < 0 || static_cast<unsigned long>(info.f_type) != kExt) return false;
  if (!MakeFolder(folder_)) return false;
  SpreadFoldersIn(folder_);
  for (int i = 0; i < kFolders; i++) {
    const std::string folder = FolderName(folder_, i);
    if (!MakeFolder(folder)) return false;
    Empty(folder);
  }
  state_ = State::kOpen;
  return true;
}

int Nursery::Create(const std::string& path) {
  const uint64_t number = created_++;
  if (state_ == State::kClosed || number < kFilesBefore) return -1;
  if (state_ == State::kNotYet && !Open()) return -1;
  const std::string born = JoinPath(FolderName(folder_, number / kFilesInTurn), RandomHex(16));
  const int fd = ::open(born.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return -1;
  if (::renameat2(AT_FDCWD, born.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return fd;
  if (errno == EXDEV || errno == EINVAL || errno == ENOSYS) state_ = State::kClosed;  // it will never do
  (void)::unlink(born.c_str());
  ::close(fd);
  return -1;
}
#else
int Nursery::Create(const std::string&) { return -1; }
#endif

void Nurseries::Add(const std::string& root, const std::string& folder) {
  const std::scoped_lock lock(mutex_);
  nurseries_[root] = std::make_shared<Nursery>(folder);
}

void Nurseries::Remove(const std::string& root) {
  const std::scoped_lock lock(mutex_);
  nurseries_.erase(root);
}

std::shared_ptr<Nursery> Nurseries::Of(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  // Few tables are open for writing, mostly one.
  for (const auto& [root, nursery] : nurseries_)
    if (path.size() > root.size() && path[root.size()] == '/' && path.starts_with(root)) return nursery;
  return nullptr;
}

}  // namespace squire
