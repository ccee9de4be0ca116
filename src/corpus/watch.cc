#include "corpus/watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/try.h"
#include "corpus/inotify.h"
#include "corpus/utf8.h"
#include "corpus/walk.h"

namespace squire::corpus {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using std::chrono::milliseconds;

/// Files whose change changes what belongs in the index.
bool ChangesRules(std::string_view name) {
  return name == kGitIgnoreName || name == kSquireIgnoreName || name == "pyvenv.cfg" || name == "CACHEDIR.TAG";
}

Result<std::pair<Fd, Fd>> OpenPipe() {
  int ends[2];
  if (::pipe(ends) != 0) return FromErrno(errno, "cannot open a pipe");
  for (const int fd : ends) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  return std::pair{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

struct Watcher::Impl {
  std::string root;
  WatchOptions options;
  std::optional<Inotify> inotify;
  std::optional<TreeRules> rules;
  Fd wake_read, wake_write;

  std::unordered_map<int, FolderContext> by_watch;
  std::map<std::string, int, std::less<>> by_path;
  std::string degraded;

  std::set<std::string> dirty;
  std::string rescan_why;  // a rescan is owed if not empty
  Time first_change, last_change, next_sweep;

  Result<void> Restart();
  Result<void> AddBelow(FolderContext start);
  bool AddWatch(const std::string& path, int& watch);
  void RemoveBelow(const std::string& path);
  void Degrade(std::string why);

  Result<void> Take(const FolderEvent& event);
  Result<void> TakeFolder(const FolderEvent& event, const FolderContext& parent, std::string path);
  void AddDirty(std::string path);
  void AskRescan(std::string_view why);

  [[nodiscard]] bool owes() const { return !dirty.empty() || !rescan_why.empty(); }
  [[nodiscard]] Time BatchEnd() const;
  Result<WatchBatch> TakeBatch();
  Result<bool> Poll(Time until);
};

void Watcher::Impl::Degrade(std::string why) {
  if (degraded.empty()) degraded = std::move(why);
}

/// Reads the rules anew and watches all folders that they let in.
Result<void> Watcher::Impl::Restart() {
  by_watch.clear();
  by_path.clear();
  degraded.clear();
  rules.emplace(root, options.scan.rules);
  auto opened = Inotify::Open();
  if (opened) {
    inotify.emplace(std::move(*opened));  // a new queue: nothing is left over from the old watches
  } else {
    inotify.reset();
    Degrade(opened.error().ToString());
  }
  TRY(AddBelow({"", rules->outer_scope(), SkipReason::kNone, true, 0}));
  const int sweep = degraded.empty() ? options.sweep_ms : options.sweep_without_notices_ms;
  next_sweep = Clock::now() + milliseconds(sweep);
  return {};
}

bool Watcher::Impl::AddWatch(const std::string& path, int& watch) {
  if (!inotify) return false;
  if (by_path.size() >= options.folders_max) {
    Degrade("watching stopped at " + std::to_string(options.folders_max) + " folders, as asked; the rest is swept");
    return false;
  }
  watch = inotify->Add(path.empty() ? root : root + "/" + path);
  if (watch < 0 && (errno == ENOSPC || errno == ENOMEM)) {
    Degrade("the system's limit on watched folders is reached after " + std::to_string(by_path.size()) +
            "; the rest is swept (raise fs.inotify.max_user_watches)");
  }
  return watch >= 0;
}

Result<void> Watcher::Impl::AddBelow(FolderContext start) {
  ScanResult counts;
  Fd root_fd = TRY(OpenFolder(root));
  Walker walker(*rules, options.scan, std::move(root_fd), counts);
  int opened_watch = -1;  // of a folder that is opened and not yet entered
  const auto drop_opened = [&] {
    if (opened_watch >= 0 && !by_watch.contains(opened_watch)) inotify->Remove(opened_watch);
    opened_watch = -1;
  };
  const Walker::FolderVisitor visitor = {[&](const FolderContext& folder) -> Result<void> {
                                           drop_opened();
                                           if (!AddWatch(folder.path, opened_watch)) opened_watch = -1;
                                           return {};
                                         },
                                         [&](const FolderContext& folder) -> Result<void> {
                                           if (opened_watch < 0) return {};
                                           if (const auto old = by_watch.find(opened_watch); old != by_watch.end())
                                             by_path.erase(old->second.path);
                                           by_watch[opened_watch] = folder;
                                           by_path[folder.path] = opened_watch;
                                           opened_watch = -1;
                                           return {};
                                         }};
  TRY(walker.Walk(std::move(start), true, visitor));
  drop_opened();
  return {};
}

void Watcher::Impl::RemoveBelow(const std::string& path) {
  auto at = by_path.lower_bound(path);
  while (at != by_path.end() && at->first.starts_with(path)) {
    const bool inside = at->first.size() == path.size() || at->first[path.size()] == '/';
    if (!inside) {
      ++at;
      continue;
    }
    inotify->Remove(at->second);
    by_watch.erase(at->second);
    at = by_path.erase(at);
  }
}

void Watcher::Impl::AddDirty(std::string path) {
  const Time now = Clock::now();
  if (!owes()) first_change = now;
  last_change = now;
  if (!rescan_why.empty()) return;
  dirty.insert(std::move(path));
  if (dirty.size() > options.paths_max) AskRescan("more paths changed than are told one by one");
}

void Watcher::Impl::AskRescan(std::string_view why) {
  const Time now = Clock::now();
  if (!owes()) first_change = now;
  last_change = now;
  if (rescan_why.empty()) rescan_why = why;
  dirty.clear();
}

Result<void> Watcher::Impl::Take(const FolderEvent& event) {
  if (event.overflow) {
    AskRescan("the kernel's queue of notices overflowed");
    return {};
  }
  const auto found = by_watch.find(event.watch);
  if (found == by_watch.end()) return {};
  if (event.watch_ended) {
    by_path.erase(found->second.path);
    by_watch.erase(found);
    return {};
  }
  const FolderContext& folder = found->second;
  if (event.name.empty()) {
    if (event.self_gone && folder.path.empty()) return NotFound("the tree is gone or was moved", root);
    return {};  // of other folders their parent tells
  }
  if (!IsPlainName(event.name)) return {};
  if (ChangesRules(event.name)) {
    AskRescan("ignore rules changed");
    return {};
  }
  std::string path = folder.path.empty() ? event.name : folder.path + "/" + event.name;
  if (event.is_folder) return TakeFolder(event, FolderContext(folder), std::move(path));
  if (rules->Decide(folder.scope, path, false, folder.inside).in()) AddDirty(std::move(path));
  return {};
}

Result<void> Watcher::Impl::TakeFolder(const FolderEvent& event, const FolderContext& parent, std::string path) {
  const Decision decision = rules->Decide(parent.scope, path, true, parent.inside);
  if (!decision.in() && !decision.only_asked) return {};
  if (event.gone) RemoveBelow(path);
  if (!event.gone && (event.arrived || !by_path.contains(path)) && parent.depth < kFolderDepthMax) {
    // Its watch is set before it is listed, and whoever is told of it lists it again: nothing in it is missed.
    const auto added = AddBelow({path, parent.scope, decision.reason, decision.asked, parent.depth + 1});
    if (!added) {
      AskRescan("a new folder could not be watched: " + added.error().ToString());
      return {};
    }
  }
  AddDirty(std::move(path));
  return {};
}

Time Watcher::Impl::BatchEnd() const {
  return std::min(last_change + milliseconds(options.quiet_ms), first_change + milliseconds(options.batch_ms_max));
}

Result<WatchBatch> Watcher::Impl::TakeBatch() {
  WatchBatch batch;
  batch.rescan = !rescan_why.empty();
  batch.why = std::exchange(rescan_why, {});
  if (!batch.rescan) batch.paths.assign(dirty.begin(), dirty.end());
  dirty.clear();
  if (!batch.rescan) return batch;
  if (auto restarted = Restart(); !restarted) {
    AskRescan(batch.why);  // still owed
    return restarted.error();
  }
  return batch;
}

/// Waits for events or a wake until then, and takes what came; true if woken.
Result<bool> Watcher::Impl::Poll(Time until) {
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
  pollfd fds[2] = {{wake_read.get(), POLLIN, 0}, {inotify ? inotify->fd() : -1, POLLIN, 0}};
  const int ready = ::poll(fds, 2, static_cast<int>(std::clamp<int64_t>(left, 0, INT32_MAX)));
  if (ready < 0 && errno != EINTR) return FromErrno(errno, "cannot wait for changes");
  if (ready <= 0) return false;
  bool woken = false;
  char bytes[64];
  while (fds[0].revents != 0 && ::read(wake_read.get(), bytes, sizeof bytes) > 0) woken = true;
  if (fds[1].revents != 0) {
    std::vector<FolderEvent> events;
    TRY(inotify->Read(events));
    for (const FolderEvent& event : events) TRY(Take(event));
  }
  return woken;
}

Watcher::Watcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Watcher::Watcher(Watcher&&) noexcept = default;
Watcher& Watcher::operator=(Watcher&&) noexcept = default;
Watcher::~Watcher() = default;

Result<Watcher> Watcher::Start(const std::string& root, const WatchOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->root = root;
  impl->options = options;
  auto [read, write] = TRY(OpenPipe());
  impl->wake_read = std::move(read);
  impl->wake_write = std::move(write);
  TRY(impl->Restart());
  return Watcher(std::move(impl));
}

Result<WatchBatch> Watcher::Wait(int timeout_ms) {
  Impl& w = *impl_;
  const Time deadline = timeout_ms < 0 ? Time::max() : Clock::now() + milliseconds(timeout_ms);
  for (;;) {
    const Time now = Clock::now();
    if (w.owes() && now >= w.BatchEnd()) return w.TakeBatch();
    if (now >= w.next_sweep) {
      struct stat st;
      if (::stat(w.root.c_str(), &st) != 0) return FromErrno(errno, "the tree is gone", w.root);
      w.AskRescan(w.degraded.empty() ? "the regular sweep" : "a sweep, as not all folders are watched");
      return w.TakeBatch();
    }
    if (now >= deadline) return WatchBatch{};
    const Time until = std::min({deadline, w.next_sweep, w.owes() ? w.BatchEnd() : Time::max()});
    if (TRY(w.Poll(until))) {
      WatchBatch batch;
      batch.woken = true;
      return batch;
    }
  }
}

void Watcher::Wake() const {
  const char byte = 1;
  // A full pipe already wakes; nothing else can be done here.
  if (::write(impl_->wake_write.get(), &byte, 1) < 0) return;
}

const std::string& Watcher::degraded() const { return impl_->degraded; }

size_t Watcher::folders() const { return impl_->by_path.size(); }

}  // namespace squire::corpus
