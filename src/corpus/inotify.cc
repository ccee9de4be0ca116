#include "corpus/inotify.h"

#if defined(__linux__)

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>

namespace squire::corpus {
namespace {

constexpr uint32_t kMask = IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM |
                           IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr size_t kBufferBytes = 64 << 10;

}  // namespace

Result<Inotify> Inotify::Open() {
  Inotify out;
  out.fd_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!out.fd_.valid()) return FromErrno(errno, "cannot ask the kernel for notices of changes");
  return out;
}

int Inotify::Add(const std::string& folder) const { return ::inotify_add_watch(fd_.get(), folder.c_str(), kMask); }

void Inotify::Remove(int watch) const { ::inotify_rm_watch(fd_.get(), watch); }

Result<void> Inotify::Read(std::vector<FolderEvent>& out) const {
  alignas(inotify_event) char buffer[kBufferBytes];
  for (;;) {
    const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return {};
    if (got < 0) return FromErrno(errno, "cannot read notices of changes");
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      FolderEvent e;
      e.watch = event->wd;
      if (event->len > 0) e.name = event->name;
      e.is_folder = event->mask & IN_ISDIR;
      e.gone = event->mask & (IN_DELETE | IN_MOVED_FROM);
      e.arrived = event->mask & (IN_CREATE | IN_MOVED_TO);
      e.self_gone = event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT);
      e.watch_ended = event->mask & IN_IGNORED;
      e.overflow = event->mask & IN_Q_OVERFLOW;
      out.push_back(std::move(e));
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
    if (static_cast<size_t>(got) < kBufferBytes / 2) return {};
  }
}

}  // namespace squire::corpus

#else

namespace squire::corpus {

Result<Inotify> Inotify::Open() { return Unsupported("this system has no inotify"); }
int Inotify::Add(const std::string&) const { return -1; }
void Inotify::Remove(int) const {}
Result<void> Inotify::Read(std::vector<FolderEvent>&) const { return {}; }

}  // namespace squire::corpus

#endif
