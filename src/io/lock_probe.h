#pragma once

/// Whether the locks of a file system keep anybody out. Some (network and user space ones, by their mount options)
/// grant every lock; trusting those, a prune would take files from under a reader, and one process another's for
/// leftovers. Found out by a second lock of the same kind, once for each file system and kind. THREADS: any.

#include <string>

namespace squire {

enum class LockKind { kFile, kByte };

/// Takes the lock on an open file without waiting: 0, or -1 with errno.
using TryLockFunction = int (*)(int fd);

/// REQUIRES: the file at `path` is open as `fd`, which holds the lock that `try_lock` takes. Where nothing can be found
/// out (no descriptor left, a file that cannot be opened) locks are believed.
bool DoLocksExclude(int fd, const std::string& path, LockKind kind, TryLockFunction try_lock);

/// The same without remembering.
bool ProbeLock(const std::string& path, TryLockFunction try_lock, bool& is_known);

}  // namespace squire
