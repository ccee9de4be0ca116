#include "table/pins.h"

namespace squire::table {

Pin& Pin::operator=(Pin&& other) noexcept {
  if (this == &other) return *this;
  Drop();
  pins_ = std::move(other.pins_);
  version_ = other.version_;
  return *this;
}

void Pin::Drop() {
  if (pins_) pins_->Release(version_);
  pins_.reset();
}

Result<void> Pins::Open(bool create) {
  if (locks_) return {};
  auto opened = fs_.OpenByteLocks(paths_.Pins(), create);
  if (!opened && create && opened.error().code == Code::kNotFound) {
    TRY(fs_.CreateFolders(paths_.Own()));
    opened = fs_.OpenByteLocks(paths_.Pins(), create);
  }
  locks_ = TRY(std::move(opened));
  return {};
}

Result<Pin> Pins::Take(uint64_t version, bool create) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = counts_.find(version); found != counts_.end()) {
    found->second++;
    return Pin(shared_from_this(), version);
  }
  const auto take = [&]() -> Result<void> {
    TRY(Open(create));
    return locks_->TryLock(version, ByteLocks::Mode::kShared);
  };
  if (auto taken = take(); !taken) {
    const Code code = taken.error().code;
    if (code == Code::kConflict || code == Code::kTooManyFiles) return std::move(taken.error());
    return Pin();
  }
  counts_[version] = 1;
  return Pin(shared_from_this(), version);
}

void Pins::Release(uint64_t version) {
  const std::scoped_lock lock(mutex_);
  const auto found = counts_.find(version);
  if (found == counts_.end() || --found->second > 0) return;
  counts_.erase(found);
  locks_->Unlock(version);
}

}  // namespace squire::table
