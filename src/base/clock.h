#pragma once

/// Time of day, replaceable in tests.

#include <chrono>
#include <cstdint>

namespace squire {

/// Nanoseconds since 1970-01-01 UTC.
inline int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Seconds on a clock that only goes forward, for measuring.
inline double MonotonicSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace squire
