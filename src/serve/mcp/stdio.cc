#include "serve/mcp/stdio.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "serve/rpc/json_rpc.h"

namespace squire::serve::mcp {
namespace {

constexpr size_t kReadBytes = 64 << 10;

/// A descriptor that becomes readable when the stop is asked for.
class WakeUp {
 public:
  explicit WakeUp(const std::stop_token& stop) : fd_(eventfd(0, EFD_CLOEXEC)), callback_(stop, [this] { Wake(); }) {}
  ~WakeUp() { close(fd_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  void Wake() const { (void)eventfd_write(fd_, 1); }

  int fd_;
  std::stop_callback<std::function<void()>> callback_;  // last: gone before the descriptor is
};

/// Cuts a stream into lines.
class LineCutter {
 public:
  void Add(std::string_view bytes, const std::function<void(std::string_view)>& receive) {
    while (!bytes.empty()) {
      const size_t end = bytes.find('\n');
      const std::string_view part = bytes.substr(0, end);
      line_ += part.substr(0, kMessageBytesMax + 1 - std::min(line_.size(), kMessageBytesMax + 1));
      if (end == std::string_view::npos) return;
      Flush(receive);
      bytes.remove_prefix(end + 1);
    }
  }
  void Flush(const std::function<void(std::string_view)>& receive) {
    std::string_view line = line_;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (!line.empty()) receive(line);
    line_.clear();
    if (line_.capacity() > kReadBytes) line_.shrink_to_fit();
  }

 private:
  std::string line_;
};

}  // namespace

void LineWriter::Write(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  const std::lock_guard lock(mutex_);
  for (size_t at = 0; at < whole.size();) {
    const ssize_t wrote = write(fd_, whole.data() + at, whole.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return;
    at += static_cast<size_t>(wrote);
  }
}

Result<void> ReadLines(int fd, const std::stop_token& stop, const std::function<void(std::string_view)>& receive) {
  const WakeUp wake_up(stop);
  LineCutter cutter;
  std::vector<char> buffer(kReadBytes);
  while (!stop.stop_requested()) {
    pollfd polled[2] = {{.fd = fd, .events = POLLIN, .revents = 0},
                        {.fd = wake_up.fd(), .events = POLLIN, .revents = 0}};
    if (poll(polled, 2, -1) < 0 && errno != EINTR) return FromErrno(errno, "cannot wait for input");
    if (stop.stop_requested() || polled[0].revents == 0) continue;
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return FromErrno(errno, "cannot read the input");
    if (got == 0) {
      cutter.Flush(receive);
      return {};
    }
    cutter.Add({buffer.data(), static_cast<size_t>(got)}, receive);
  }
  return {};
}

}  // namespace squire::serve::mcp
