#pragma once

/// Watcher: tells which paths of a tree changed, in debounced batches, by the kernel's notices with a sweep behind
/// them.
///
/// Start it before the first Scan: what changes from then on is told. It never says too little: where it cannot know,
/// it asks for a rescan, which costs one Scan. Ignored folders are not watched and ignored files not told, by the same
/// rules as Scan's. THREADS: one owner, but Wake may be called from any thread and from a signal handler.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "corpus/scan.h"
#include "squire/result.h"

namespace squire::corpus {

struct WatchOptions {
  ScanOptions scan = {};
  int quiet_ms = 40;                     ///< A batch ends when nothing happened for that long...
  int batch_ms_max = 250;                ///< ...or when its first change is that old.
  int sweep_ms = 300'000;                ///< A rescan is asked for that often, for what no notice tells.
  int sweep_without_notices_ms = 2'000;  ///< The same where not all folders can be watched.
  size_t paths_max = 10'000;             ///< A batch of more paths becomes a rescan.
  size_t folders_max = SIZE_MAX;         ///< Watch no more folders than that; sweep for the rest.
};

struct WatchBatch {
  /// Files or folders, relative to the root, sorted, that changed, came or went; a folder stands for all below it. What
  /// is to be indexed of them now is what ScanPaths gives; what is in the index at or below them, and not in that, is
  /// gone.
  std::vector<std::string> paths;
  bool rescan = false;  ///< Anything may have changed: Scan the tree. `paths` is empty.
  std::string why;      ///< Why a rescan, for the log.
  bool woken = false;   ///< Wake was called. Changes not yet told stay for the next Wait.

  [[nodiscard]] bool empty() const { return paths.empty() && !rescan; }
};

class Watcher {
 public:
  /// Watches the tree at `root`.
  /// ERRORS: as Scan. A limit on watches is none: see degraded().
  static Result<Watcher> Start(const std::string& root, const WatchOptions& options);

  Watcher(Watcher&&) noexcept;
  Watcher& operator=(Watcher&&) noexcept;
  ~Watcher();

  /// Waits for a batch, at most `timeout_ms` (-1: for ever); an empty one when time is up.
  /// ERRORS: NotFound when the root itself is gone; then the watcher is of no more use.
  Result<WatchBatch> Wait(int timeout_ms);

  /// Makes the Wait under way, or else the next one, return at once with `woken`. Async-signal-safe.
  void Wake() const;

  /// Why not all of the tree is watched (it is swept instead), with the way out; empty if all is.
  [[nodiscard]] const std::string& degraded() const;

  /// Folders watched now.
  [[nodiscard]] size_t folders() const;

 private:
  struct Impl;
  explicit Watcher(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace squire::corpus
