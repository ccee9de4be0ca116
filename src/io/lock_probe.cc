#include "io/lock_probe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <utility>

namespace squire {
namespace {

struct Verdicts {
  std::mutex mutex;
  std::map<std::pair<dev_t, LockKind>, bool> by_device;
};

Verdicts& AllVerdicts() {
  static Verdicts verdicts;
  return verdicts;
}

}  // namespace

bool ProbeLock(const std::string& path, TryLockFunction try_lock, bool& is_known) {
  is_known = false;
  const int second = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (second < 0) return true;
  int done = try_lock(second);
  while (done < 0 && errno == EINTR) done = try_lock(second);
  is_known = done == 0 || errno == EAGAIN || errno == EACCES;
  ::close(second);
  return done != 0;
}

bool DoLocksExclude(int fd, const std::string& path, LockKind kind, TryLockFunction try_lock) {
  struct stat st{};
  if (::fstat(fd, &st) != 0) return true;
  Verdicts& verdicts = AllVerdicts();
  const std::scoped_lock lock(verdicts.mutex);
  const auto key = std::pair{st.st_dev, kind};
  if (const auto found = verdicts.by_device.find(key); found != verdicts.by_device.end()) return found->second;
  bool is_known = false;
  const bool excludes = ProbeLock(path, try_lock, is_known);
  if (is_known) verdicts.by_device.emplace(key, excludes);
  return excludes;
}

}  // namespace squire
