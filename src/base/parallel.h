#pragma once

/// Runs independent pieces of work on a few threads that live only for the call.

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/try.h"

namespace squire {

/// Calls `work(i)` for every i below `count`, on up to `threads` threads, this one among them. After the first error no
/// further piece is begun, and that error is returned.
template <class Work>
Result<void> ParallelFor(size_t count, int threads, Work work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::optional<Error> failure;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) {
      Result<void> done = work(i);
      if (done) continue;
      const std::scoped_lock lock(mutex);
      if (!failure) failure = std::move(done.error());
      next = count;
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int i = 1; i < threads && static_cast<size_t>(i) < count; i++) helpers.emplace_back(run);
    run();
  }
  if (failure) return *std::move(failure);
  return {};
}

}  // namespace squire
