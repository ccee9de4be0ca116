#include "table/file_cache.h"

namespace squire::table {

Result<std::shared_ptr<lance::FileReader>> FileCache::Open(const std::string& path) {
  {
    const std::scoped_lock lock(mutex_);
    if (auto found = by_path_.find(path); found != by_path_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->second;
    }
  }
  auto reader = TRY(lance::FileReader::Open(fs_, path));  // without the lock: others go on while a file is opened
  const std::scoped_lock lock(mutex_);
  if (auto found = by_path_.find(path); found != by_path_.end()) return found->second->second;
  recent_.emplace_front(path, reader);
  by_path_[path] = recent_.begin();
  while (recent_.size() > files_max_) {
    by_path_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return reader;
}

std::shared_ptr<Pins> FileCache::PinsOf(const std::string& root) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<Pins>& pins = pins_[root];
  if (!pins) pins = std::make_shared<Pins>(fs_, Paths{root});
  return pins;
}

Result<std::shared_ptr<WriterLease>> FileCache::LeaseOf(const std::string& root) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<WriterLease>& lease = leases_[root];
  if (!lease || !lease->is_ours()) lease = TRY(WriterLease::Of(fs_, Paths{root}));
  return lease;
}

}  // namespace squire::table
