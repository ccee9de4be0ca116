#pragma once

/// One thread that does jobs in the order they come. What a job throws is logged and ends that job only.

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "base/log.h"

namespace squire::serve {

class Worker {
 public:
  explicit Worker(size_t queue_max)
      : queue_max_(queue_max), thread_([this](const std::stop_token& stop) { Work(stop); }) {}

  /// False when the queue is full. THREADS: any.
  bool Post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.size() >= queue_max_) return false;
      jobs_.push_back(std::move(job));
    }
    changed_.notify_all();
    return true;
  }

 private:
  void Work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !jobs_.empty(); }) && !stop.stop_requested()) {
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      try {
        job();
      } catch (const std::exception& error) {
        Log(LogLevel::kError, error.what());
      }
      job = nullptr;  // what it holds answers when it goes, if it has not yet
      lock.lock();
    }
  }

  const size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> jobs_;
  std::jthread thread_;
};

}  // namespace squire::serve
