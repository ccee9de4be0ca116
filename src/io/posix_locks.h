#pragma once

/// Locks on bytes by "open file description" (fcntl(2), F_OFD_SETLK): they belong to an open file, not to a process,
/// so that two handles of one process keep each other out, and closing another descriptor of the file drops none.

#include <memory>
#include <string>

#include "io/file_system.h"

namespace squire {

/// FileSystem::OpenByteLocks of the machine. After a fork(2) both processes hold what was locked before; only the one
/// that locked may unlock, and the child opens its own handles for more.
Result<std::unique_ptr<ByteLocks>> OpenPosixByteLocks(const std::string& path, bool create);

}  // namespace squire
