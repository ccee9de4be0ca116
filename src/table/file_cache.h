#pragma once

/// What an open table keeps of its files: readers of data files, the most recently used few of them, so that
/// descriptors stay bounded however many fragments there are; deletion files as they were parsed; hashes of keys
/// and the file of its pins. Safe to share between threads.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lance/deletion_file.h"
#include "lance/file_reader.h"
#include "lance/manifest.h"
#include "table/lru.h"
#include "table/pins.h"
#include "table/writer_lease.h"

namespace squire::table {

/// Of each row of a column the hash of its key, by KeySet::Hash.
using KeyHashes = std::vector<uint32_t>;

class FileCache {
 public:
  static constexpr uint64_t kKeyHashBytesMax = 16 << 20;

  FileCache(FileSystem& fs, size_t files_max) : fs_(fs), readers_(files_max) {}

  Result<std::shared_ptr<lance::FileReader>> Open(const std::string& path);

  /// What was made of some files and is wanted again, by a name that says of which; the few used last are kept.
  template <class T>
  std::shared_ptr<const T> Recall(const std::string& key) {
    return std::static_pointer_cast<const T>(RecallAny(key));
  }
  /// In place of what was there. REQUIRES: what is recalled by `key` has this type.
  void Remember(const std::string& key, std::shared_ptr<const void> made);

  /// The deleted rows that the deletion file at `path` names, of a fragment of `num_rows` rows.
  Result<std::shared_ptr<const lance::RowSet>> ReadDeletions(const std::string& path, const pb::DeletionFile& file,
                                                             uint64_t num_rows);
  /// Hashes of a column's keys, by a name that says of which column of which data file.
  std::shared_ptr<const KeyHashes> RecallKeyHashes(const std::string& place);
  void RememberKeyHashes(const std::string& place, std::shared_ptr<const KeyHashes> hashes);
  [[nodiscard]] FileSystem& fs() const { return fs_; }
  /// Pins of the table at `root`.
  std::shared_ptr<Pins> PinsOf(const std::string& root);
  /// This process's lease as a writer of the table at `root`, from the first call on; null where none can be had.
  /// ERRORS: TooManyFiles.
  Result<std::shared_ptr<WriterLease>> LeaseOf(const std::string& root);

 private:
  std::shared_ptr<const void> RecallAny(const std::string& key);

  static constexpr uint64_t kDeletionBytesMax = 4 << 20;
  static constexpr uint64_t kMadeMax = 16;

  FileSystem& fs_;
  std::mutex mutex_;
  Lru<lance::FileReader> readers_;
  Lru<const lance::RowSet> deletions_{kDeletionBytesMax};
  Lru<const KeyHashes> key_hashes_{kKeyHashBytesMax};
  Lru<const void> made_{kMadeMax};
  std::map<std::string, std::shared_ptr<Pins>> pins_;  // by root
  std::map<std::string, std::shared_ptr<WriterLease>> leases_;
};

}  // namespace squire::table
