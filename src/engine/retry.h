#pragma once

/// Doing a write again on what other writers made of the table meanwhile.

#include <memory>

#include "base/try.h"
#include "table/snapshot.h"

namespace squire::engine {

inline constexpr int kAttemptsMax = 16;  // while others delete or move the same rows

/// Redoes `attempt`, a function of a snapshot to be moved on, while it meets a conflict.
template <class Attempt>
auto WithRetries(std::shared_ptr<const table::Snapshot>& current, Attempt attempt) -> decltype(attempt(current)) {
  std::shared_ptr<const table::Snapshot> base = current;
  for (int i = 1;; i++) {
    auto done = attempt(base);
    if (done || done.error().code != Code::kConflict || i == kAttemptsMax) {
      if (done) current = std::move(base);
      return done;
    }
    base = TRY(table::Snapshot::Open(base->files(), base->paths().root));
  }
}

}  // namespace squire::engine
