#pragma once

/// Keeps the index of one tree up to date in the background: follows it, or while another process does, waits to take
/// over; and runs at once when asked to. Any thread may call it.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "sync/follow.h"

namespace squire::serve {

struct KeeperOptions {
  sync::UpdateOptions update;    ///< for every run; its callbacks and stop are set here
  double take_over_seconds = 3;  ///< between tries to become the follower
};

/// What the keeper is about.
struct KeeperState {
  bool following = false;                  ///< this process follows the tree
  bool updating = false;                   ///< a run of this process is under way, as far as is known
  sync::Progress progress;                 ///< of that run
  uint64_t runs = 0;                       ///< ended well and told
  std::optional<sync::UpdateReport> last;  ///< the newest of them
  std::optional<Error> error;              ///< why the newest run or the following failed; none after a success
};

class Keeper {
 public:
  using Done = std::function<void(Result<sync::UpdateReport>)>;

  Keeper(sync::Location location, KeeperOptions options);
  ~Keeper();

  [[nodiscard]] KeeperState state() const;
  /// Brings the index up to date and calls `done` on a thread of the keeper's. Callers that come while a run is under
  /// way share the next one. After Stop it is called at once, with Cancelled.
  void Refresh(Done done);
  /// Asks everything to stop and returns at once; the destructor waits for it.
  void Stop();
  /// Whether everything has stopped within `seconds`.
  bool WaitStopped(double seconds);

 private:
  void Follow();
  void RunRefreshes();
  sync::UpdateOptions OptionsOfRun();
  void Told(const Result<sync::UpdateReport>& report);
  void SetFollowing(bool following);
  void ThreadEnded();

  const sync::Location location_;
  const KeeperOptions options_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  KeeperState state_;
  double progress_s_ = 0;      // when progress was last heard
  std::vector<Done> waiting_;  // for the next refresh
  int threads_running_ = 2;
  std::thread follower_, refresher_;
};

}  // namespace squire::serve
