#pragma once

/// Folders in which the files of a busy table are made before they get their names, spread over the disk. ext4 puts a
/// new file into the block group of its folder, and without a journal takes no inode there that was freed in the last
/// minutes: it passes over each of them, so that a table which makes and prunes a few files with each commit would
/// commit more slowly by the thousand. Measured: 220 us to make a file after 9,000 removals, 11 us by a nursery.
/// Safe to share between threads. Source: Linux, fs/ext4/ialloc.c (recently_deleted); docs/upkeep.md, "Nursery".

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace squire {

class Nursery {
 public:
  explicit Nursery(std::string folder);

  /// Makes `path`, which must not exist, and opens it for writing. Nothing is left in the nursery when it fails.
  /// Returns a descriptor, or -1 when this way is closed: then it is to be made where it belongs.
  int Create(const std::string& path);

 private:
  enum class State { kNotYet, kOpen, kClosed };
  bool Open();

  const std::string folder_;
  std::atomic<uint64_t> created_ = 0;
  std::atomic<State> state_ = State::kNotYet;
  std::mutex opening_;
};

/// The nurseries in use, by the folder whose files they make.
class Nurseries {
 public:
  void Add(const std::string& root, const std::string& folder);
  void Remove(const std::string& root);
  /// Of the files below a root; null for others.
  std::shared_ptr<Nursery> Of(const std::string& path);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Nursery>> nurseries_;
};

}  // namespace squire
