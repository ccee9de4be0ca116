#include "cli/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace squire::cli {
namespace {

std::array<int, 2> g_pipe = {-1, -1};

/// Only calls that POSIX allows in a handler. The next signal finds the default action, which ends the process.
void OnSignal(int) {
  const int kept = errno;
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  (void)!write(g_pipe[1], "s", 1);
  errno = kept;
}

void Install(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals(std::function<void()> asked) {
  if (pipe2(g_pipe.data(), O_CLOEXEC) != 0) return;  // no descriptor to be had: signals keep their default action
  listener_ = std::thread([this, asked = std::move(asked)] {
    char byte = 0;
    while (read(g_pipe[0], &byte, 1) < 0 && errno == EINTR) {
    }
    if (byte != 's') return;
    source_.request_stop();
    asked();
  });
  Install(OnSignal);
}

StopSignals::~StopSignals() {
  if (!listener_.joinable()) return;
  Install(SIG_DFL);
  (void)!write(g_pipe[1], "e", 1);
  listener_.join();
  close(g_pipe[0]);
  close(g_pipe[1]);
}

}  // namespace squire::cli
