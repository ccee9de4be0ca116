#pragma once

/// Open data files of a table, the most recently used few of them: descriptors stay bounded however many fragments
/// there are. Safe to share between threads. A reader that is in use outlives its eviction.

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "lance/file_reader.h"

namespace squire::table {

class FileCache {
 public:
  FileCache(FileSystem& fs, size_t files_max) : fs_(fs), files_max_(files_max) {}

  Result<std::shared_ptr<lance::FileReader>> Open(const std::string& path);
  [[nodiscard]] FileSystem& fs() const { return fs_; }

 private:
  using Entry = std::pair<std::string, std::shared_ptr<lance::FileReader>>;

  FileSystem& fs_;
  const size_t files_max_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // newest first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_path_;
};

}  // namespace squire::table
