#include "sync/follow.h"

#include <thread>

#include "base/try.h"
#include "corpus/watch.h"
#include "io/file_system.h"
#include "sync/config.h"
#include "sync/plan.h"

namespace squire::sync {
namespace {

constexpr int kRetryMilliseconds = 5000;  // after a failed run, unless a change comes sooner

/// The lock of the one follower. A look by IsFollowed holds it for a moment, hence the tries.
Result<std::unique_ptr<FileLock>> LockForFollowing(const Location& location) {
  for (int tries = 0;; tries++) {
    auto lock = PosixFileSystem().Lock(location.follow_lock(), false);
    if (lock || lock.error().code != Code::kConflict) return lock;
    if (tries == 5) return Conflict("another process follows " + location.tree);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

class Follower {
 public:
  Follower(const Location& location, const FollowOptions& options, std::stop_token stop)
      : location_(location), options_(options), stop_(std::move(stop)) {}

  Result<void> Go() {
    TRY(CreateIndexFolder(location_));
    const auto lock = TRY(LockForFollowing(location_));
    Index index = TRY(Index::Open(location_));
    corpus::WatchOptions watch;
    const TreeOptions tree = options_.update.tree ? *options_.update.tree : TRY(LoadTreeOptions(location_));
    watch.scan = ScanOptionsOf(location_, tree, false);
    watch.sweep_ms = static_cast<int>(options_.sweep_seconds * 1000);
    // Watched first, scanned after: what changes in between is told.
    corpus::Watcher watcher = TRY(corpus::Watcher::Start(location_.tree, watch));
    if (!watcher.degraded().empty() && options_.notice) options_.notice(watcher.degraded());
    const std::stop_callback wake(stop_, [&watcher] { watcher.Wake(); });
    Update(index, {}, /*always_tell=*/true);
    while (!stop_.stop_requested()) {
      const corpus::WatchBatch batch = TRY(watcher.Wait(failed_ ? kRetryMilliseconds : -1));
      if (stop_.stop_requested()) break;
      if (batch.empty() && !failed_) continue;
      // After a failure all is looked at again: the batch that failed is not remembered.
      Update(index, failed_ || batch.rescan ? std::vector<std::string>() : batch.paths, failed_);
    }
    return {};
  }

 private:
  void Update(Index& index, std::vector<std::string> paths, bool always_tell) {
    UpdateOptions update = options_.update;
    update.only_paths = std::move(paths);
    update.stop = stop_;
    auto report = index.Update(update);
    failed_ = !report && !stop_.stop_requested();
    if (failed_ && options_.failed) options_.failed(report.error());
    if (report && options_.updated && (always_tell || report->commits > 0 || report->files_failed > 0))
      options_.updated(*report);
    // What the first run was asked for holds once; from then on the index knows.
    options_.update.rebuild = false;
  }

  const Location& location_;
  FollowOptions options_;
  std::stop_token stop_;
  bool failed_ = false;
};

}  // namespace

Result<void> Follow(const Location& location, const FollowOptions& options, std::stop_token stop) {
  return Follower(location, options, std::move(stop)).Go();
}

bool IsFollowed(const Location& location) {
  if (!PosixFileSystem().Stat(location.follow_lock())) return false;
  auto lock = PosixFileSystem().Lock(location.follow_lock(), false);
  return !lock && lock.error().code == Code::kConflict;
}

}  // namespace squire::sync
