#pragma once

/// What an open table keeps open: data files, the most recently used few of them, so that descriptors stay bounded
/// however many fragments there are; and the file of its pins. Safe to share between threads. A reader that is in use
/// outlives its eviction.

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "lance/file_reader.h"
#include "table/pins.h"
#include "table/writer_lease.h"

namespace squire::table {

class FileCache {
 public:
  FileCache(FileSystem& fs, size_t files_max) : fs_(fs), files_max_(files_max) {}

  Result<std::shared_ptr<lance::FileReader>> Open(const std::string& path);
  [[nodiscard]] FileSystem& fs() const { return fs_; }
  /// Pins of the table at `root`.
  std::shared_ptr<Pins> PinsOf(const std::string& root);
  /// This process's lease as a writer of the table at `root`, from the first call on; null where none can be had.
  /// ERRORS: TooManyFiles.
  Result<std::shared_ptr<WriterLease>> LeaseOf(const std::string& root);

 private:
  using Entry = std::pair<std::string, std::shared_ptr<lance::FileReader>>;

  FileSystem& fs_;
  const size_t files_max_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // newest first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_path_;
  std::map<std::string, std::shared_ptr<Pins>> pins_;  // by root
  std::map<std::string, std::shared_ptr<WriterLease>> leases_;
};

}  // namespace squire::table
