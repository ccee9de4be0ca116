#pragma once

/// Inotify: the kernel's notices of changes in folders, as values. On systems without it Open fails with Unsupported
/// and the watcher sweeps instead. THREADS: one owner.

#include <cstdint>
#include <string>
#include <vector>

#include "corpus/os.h"
#include "squire/result.h"

namespace squire::corpus {

struct FolderEvent {
  int watch = -1;
  std::string name;        ///< The entry concerned, or empty for the folder itself.
  bool is_folder = false;  ///< The entry is a folder.
  bool gone = false;       ///< Deleted or moved away.
  bool arrived = false;    ///< Created or moved in.
  bool self_gone = false;  ///< The watched folder itself was deleted, moved or unmounted.
  bool watch_ended = false;
  bool overflow = false;  ///< The kernel's queue was full: anything may have happened.
};

class Inotify {
 public:
  /// ERRORS: Unsupported where there is none, TooManyFiles at the limit on instances.
  static Result<Inotify> Open();

  /// Watches the folder; returns the watch's number, or -1 with errno (ENOSPC: the user's limit on watches).
  [[nodiscard]] int Add(const std::string& folder) const;

  void Remove(int watch) const;

  /// Takes what events are there, without waiting.
  Result<void> Read(std::vector<FolderEvent>& out) const;

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

}  // namespace squire::corpus
