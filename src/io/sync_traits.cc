#include "io/sync_traits.h"

#ifdef __linux__
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <cstdio>
#endif

namespace squire {

#ifdef __linux__
namespace {

// statfs(2), f_type.
constexpr uint64_t kExt = 0xEF53, kXfs = 0x58465342, kBtrfs = 0x9123683E, kF2fs = 0xF2F52010, kOverlay = 0x794c7630,
                   kTmpfs = 0x01021994;

/// Since Linux 5.8 syncfs(2) tells of writes that failed.
bool SyncfsTellsOfFailures() {
  struct utsname name{};
  int major = 0, minor = 0;
  if (::uname(&name) < 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 5 || (major == 5 && minor >= 8);
}

}  // namespace

SyncTraits SyncTraitsOf(const std::string& folder) {
  static const bool syncfs_tells = SyncfsTellsOfFailures();
  struct statfs info{};
  if (::statfs(folder.c_str(), &info) < 0) return {};
  switch (static_cast<uint64_t>(info.f_type)) {
    case kExt:
    case kXfs:
    case kBtrfs:
    case kF2fs:
    case kTmpfs: return {true, syncfs_tells};
    case kOverlay: return {false, syncfs_tells};  // its upper folder may lie anywhere
    default: return {};
  }
}
#else
SyncTraits SyncTraitsOf(const std::string&) { return {}; }
#endif

}  // namespace squire
