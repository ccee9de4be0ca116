#pragma once

/// A bounded map from paths to shared values: the least recently used ones go when the costs of all pass the limit.
/// A value in use outlives its eviction. No lock of its own.

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace squire::table {

template <class Value>
class Lru {
 public:
  explicit Lru(uint64_t cost_max) : cost_max_(cost_max) {}

  /// Null where it is not held.
  std::shared_ptr<Value> Find(const std::string& path) {
    const auto found = by_path_.find(path);
    if (found == by_path_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->value;
  }

  /// Returns what was held, if anything.
  std::shared_ptr<Value> Remove(const std::string& path) {
    const auto found = by_path_.find(path);
    if (found == by_path_.end()) return nullptr;
    std::shared_ptr<Value> value = std::move(found->second->value);
    cost_ -= found->second->cost;
    recent_.erase(found->second);
    by_path_.erase(found);
    return value;
  }

  /// What is held from now on: `value`, or the one that was there.
  std::shared_ptr<Value> Add(const std::string& path, std::shared_ptr<Value> value, uint64_t cost) {
    if (auto held = Find(path)) return held;
    recent_.push_front({path, value, cost});
    by_path_[path] = recent_.begin();
    cost_ += cost;
    while (cost_ > cost_max_) {
      cost_ -= recent_.back().cost;
      by_path_.erase(recent_.back().path);
      recent_.pop_back();
    }
    return value;
  }

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<Value> value;
    uint64_t cost = 0;
  };

  const uint64_t cost_max_;
  uint64_t cost_ = 0;
  std::list<Entry> recent_;  // newest first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> by_path_;
};

}  // namespace squire::table
