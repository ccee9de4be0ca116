#pragma once

/// The lock of an index: one run, compaction or pruning at a time. Held until destroyed; questions need none.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "squire/result.h"
#include "sync/location.h"

namespace squire::sync {

class WriteLock {
 public:
  /// Takes the lock, waiting for another process to be done; `waiting` is told once if so.
  /// ERRORS: Cancelled when stopped meanwhile; Io when the index folder cannot be written.
  static Result<WriteLock> Take(const Location& location, const std::stop_token& stop = {},
                                const std::function<void(const std::string&)>& waiting = {});
  WriteLock(WriteLock&&) noexcept;
  WriteLock& operator=(WriteLock&&) noexcept;
  ~WriteLock();

 private:
  struct Held;
  explicit WriteLock(std::unique_ptr<Held> held);
  std::unique_ptr<Held> held_;
};

}  // namespace squire::sync
