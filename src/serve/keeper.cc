#include "serve/keeper.h"

#include <exception>
#include <utility>

#include "base/clock.h"
#include "base/log.h"

namespace squire::serve {
namespace {
// A run that has nothing to commit ends without a word; silence for so long means that it did.
constexpr double kProgressHoldsSeconds = 15;
}  // namespace

Keeper::Keeper(sync::Location location, KeeperOptions options)
    : location_(std::move(location)), options_(std::move(options)) {
  follower_ = std::thread([this] { Follow(), ThreadEnded(); });
  refresher_ = std::thread([this] { RunRefreshes(), ThreadEnded(); });
}

Keeper::~Keeper() {
  Stop();
  follower_.join();
  refresher_.join();
}

KeeperState Keeper::state() const {
  const std::lock_guard lock(mutex_);
  KeeperState state = state_;
  state.updating = state.updating && MonotonicSeconds() - progress_s_ < kProgressHoldsSeconds;
  return state;
}

void Keeper::Refresh(Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stop_.stop_requested()) {
      waiting_.push_back(std::move(done));
      done = nullptr;
    }
  }
  if (done) return done(Cancelled("the server is stopping"));
  changed_.notify_all();
}

void Keeper::Stop() {
  stop_.request_stop();
  changed_.notify_all();
}

bool Keeper::WaitStopped(double seconds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return threads_running_ == 0; });
}

void Keeper::ThreadEnded() {
  const std::lock_guard lock(mutex_);
  threads_running_--;
  changed_.notify_all();
}

sync::UpdateOptions Keeper::OptionsOfRun() {
  sync::UpdateOptions update = options_.update;
  update.progress = [this](const sync::Progress& progress) {
    const std::lock_guard lock(mutex_);
    state_.updating = true;
    state_.progress = progress;
    progress_s_ = MonotonicSeconds();
  };
  update.waiting = [](const std::string& sentence) { Log(LogLevel::kInfo, sentence); };
  update.stop = stop_.get_token();
  return update;
}

void Keeper::Told(const Result<sync::UpdateReport>& report) {
  if (!report && report.error().code != Code::kCancelled)
    Log(LogLevel::kWarn, "the index run failed: " + report.error().ToString());
  const std::lock_guard lock(mutex_);
  state_.updating = false;
  if (report) {
    state_.runs++;
    state_.last = *report;
    state_.error.reset();
  } else if (report.error().code != Code::kCancelled) {
    state_.error = report.error();
  }
  changed_.notify_all();
}

void Keeper::SetFollowing(bool following) {
  const std::lock_guard lock(mutex_);
  state_.following = following;
}

void Keeper::Follow() {
  sync::FollowOptions follow;
  follow.update = OptionsOfRun();
  // The first run begins when the lock is held.
  follow.update.progress = [this, tell = follow.update.progress](const sync::Progress& progress) {
    SetFollowing(true);
    tell(progress);
  };
  follow.updated = [this](const sync::UpdateReport& report) { SetFollowing(true), Told(report); };
  follow.failed = [this](const Error& error) { Told(error); };
  follow.notice = [](const std::string& sentence) { Log(LogLevel::kInfo, sentence); };
  const std::stop_token stop = stop_.get_token();
  while (!stop.stop_requested()) {
    const auto ended = sync::Follow(location_, follow, stop);
    SetFollowing(false);
    if (!ended && ended.error().code == Code::kConflict)
      Log(LogLevel::kDebug, ended.error().message);
    else if (!ended)
      Told(ended.error());
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, std::chrono::duration<double>(options_.take_over_seconds), [] { return false; });
  }
}

void Keeper::RunRefreshes() {
  const std::stop_token stop = stop_.get_token();
  while (true) {
    std::vector<Done> callers;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
      callers = std::exchange(waiting_, {});
    }
    if (stop.stop_requested()) {
      for (const Done& done : callers) done(Cancelled("the server is stopping"));
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) return;  // Refresh takes no more
      continue;
    }
    const auto report = [&]() -> Result<sync::UpdateReport> {
      auto index = sync::Index::Open(location_);  // one of its own, so that the model's memory goes when it is done
      if (!index) return index.error();
      return index->Update(OptionsOfRun());
    }();
    Told(report);
    for (Done& done : callers) {
      try {
        done(report);
      } catch (const std::exception& error) {
        Log(LogLevel::kError, error.what());
      }
      done = nullptr;  // what it holds answers when it goes, if it has not yet
    }
  }
}

}  // namespace squire::serve
