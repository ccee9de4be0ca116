#pragma once

/// Ctrl-C and SIGTERM turned into a stop token for as long as the object lives: the first asks the work to stop, the
/// second ends the process as if nobody had listened. One object a process, made before other threads.

#include <functional>
#include <stop_token>
#include <thread>

namespace squire::cli {

class StopSignals {
 public:
  /// `asked` runs once, on a thread of its own, right after the stop was asked for.
  explicit StopSignals(std::function<void()> asked);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  [[nodiscard]] bool stopped() const { return source_.stop_requested(); }

 private:
  std::stop_source source_;
  std::thread listener_;
};

}  // namespace squire::cli
