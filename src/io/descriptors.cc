#include "io/descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>

namespace squire {
namespace {

constexpr uint64_t kProbedMax = 65536;

/// Without a free descriptor for the folder of them: each by itself.
uint64_t CountByProbing() {
  uint64_t open = 0;
  for (uint64_t fd = 0; fd < std::min(DescriptorLimit(), kProbedMax); fd++)
    open += ::fcntl(static_cast<int>(fd), F_GETFD) >= 0;
  return open;
}

}  // namespace

uint64_t OpenDescriptors() {
#ifdef __linux__
  DIR* folder = ::opendir("/proc/self/fd");
#else
  DIR* folder = ::opendir("/dev/fd");
#endif
  if (folder == nullptr) return CountByProbing();
  uint64_t entries = 0;
  while (::readdir(folder) != nullptr) entries++;
  ::closedir(folder);
  return entries - std::min<uint64_t>(entries, 3);  // ".", ".." and its own
}

uint64_t DescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return limit.rlim_cur;
}

}  // namespace squire
