#include "sync/follow.h"

#include "base/try.h"
#include "io/file_system.h"

namespace squire::sync {

bool IsFollowed(const Location& location) {
  if (!PosixFileSystem().Stat(location.follow_lock())) return false;
  auto lock = PosixFileSystem().Lock(location.follow_lock(), false);
  return !lock && lock.error().code == Code::kConflict;
}

}  // namespace squire::sync
