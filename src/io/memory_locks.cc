// Locks on bytes of a file in memory.

#include <algorithm>
#include <cerrno>

#include "io/memory.h"

namespace squire {

class MemoryFileSystem::HeldBytes : public ByteLocks {
 public:
  /// REQUIRES: the file system's lock is held.
  HeldBytes(MemoryFileSystem& fs, const std::string& path) : fs_(fs), all_(fs.byte_locks_[path]) {
    all_.push_back(this);
    fs_.open_handles_++;
  }
  ~HeldBytes() override {
    const std::scoped_lock lock(fs_.mutex_);
    std::erase(all_, this);
    fs_.open_handles_--;
  }

  Result<void> TryLock(uint64_t offset, Mode mode) override {
    const std::scoped_lock lock(fs_.mutex_);
    for (const HeldBytes* other : all_)
      if (other != this && other->Forbids(offset, mode)) return Conflict("the byte is locked by another");
    held_[offset] = mode;
    return {};
  }
  Result<bool> IsFree(uint64_t offset) override {
    const std::scoped_lock lock(fs_.mutex_);
    return std::ranges::none_of(
        all_, [&](const HeldBytes* other) { return other != this && other->Forbids(offset, Mode::kExclusive); });
  }
  void Unlock(uint64_t offset) override {
    const std::scoped_lock lock(fs_.mutex_);
    held_.erase(offset);
  }

 private:
  [[nodiscard]] bool Forbids(uint64_t offset, Mode mode) const {
    const auto found = held_.find(offset);
    return found != held_.end() && (mode == Mode::kExclusive || found->second == Mode::kExclusive);
  }

  MemoryFileSystem& fs_;
  std::vector<HeldBytes*>& all_;  // of this path; a map's values stay where they are
  std::map<uint64_t, Mode> held_;
};

Result<std::unique_ptr<ByteLocks>> MemoryFileSystem::OpenByteLocks(const std::string& path, bool create) {
  const std::scoped_lock lock(mutex_);
  if (create) TRY(MakeEmpty(path));
  TRY(Find(path));
  if (!options_.has_byte_locks) return Unsupported("the file system has no locks", path);
  return std::make_unique<HeldBytes>(*this, path);
}

}  // namespace squire
