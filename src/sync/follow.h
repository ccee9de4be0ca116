#pragma once

/// Following a tree: an index run, then one more for each batch of changes that the file system reports, until stopped.
/// One follower a tree; it holds the follow lock for as long as it lives.

#include <functional>
#include <memory>
#include <stop_token>

#include "sync/index.h"

namespace squire::sync {

struct FollowOptions {
  UpdateOptions update;                              ///< for the runs; `only_paths` and `stop` are set here
  std::function<void(const UpdateReport&)> updated;  ///< after each run that changed something, and the first
  std::function<void(const Error&)> failed;          ///< a run failed; it is tried again with the next change or sweep
  std::function<void(const std::string&)> notice;    ///< for people: watch limits, sweeps
  double sweep_seconds = 60;                         ///< a look at the whole tree at least so often
};

/// Follows until `stop` is asked for. ERRORS: Conflict when another process follows the tree; what makes watching
/// impossible. A failed run is told and tried again, not returned.
Result<void> Follow(const Location& location, const FollowOptions& options, std::stop_token stop);

/// Whether some process follows the tree.
bool IsFollowed(const Location& location);

}  // namespace squire::sync
