#pragma once

/// VectorCache: vectors of one column that exact searches of one open table read again and again, in memory up to a
/// bound. Safe to share between threads.

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "table/scan.h"

namespace squire::query {

class VectorCache {
 public:
  static constexpr int64_t kRangeRows = 4096;       ///< ranges begin at multiples of it
  static constexpr int64_t kBytesMax = 128 << 20;   ///< held at most
  static constexpr int kSearchesBeforeKeeping = 1;  ///< that read a column before anything of it is held

  /// The one of a column of the snapshot's table, made at the first call.
  static std::shared_ptr<const VectorCache> Of(const table::Snapshot& snapshot, int32_t field_id);

  /// To be told of each search that is going to read rows, before it does.
  void BeginSearch() const;

  /// All rows of a range of the column, as float32. REQUIRES: the range begins at a multiple of kRangeRows and is at
  /// most as long.
  Result<Array> Read(const table::Snapshot& snapshot, const table::Projection& column,
                     const table::RowRange& range) const;

  /// The rows of the range in which `offset` of a fragment lies, if they are held.
  std::shared_ptr<const Array> Find(const table::Fragment& fragment, uint64_t offset) const;

 private:
  struct Held {
    std::string files;  // of the fragment: another column may have taken the place of the one that was read
    std::shared_ptr<const Array> rows;
  };
  static std::string FilesOf(const table::Fragment& fragment);
  void Keep(const table::Snapshot& snapshot, const table::RowRange& range, std::shared_ptr<const Array> rows) const;

  mutable std::mutex mutex_;
  mutable std::map<std::pair<uint64_t, int64_t>, Held> held_;  // by fragment id and first row
  mutable int64_t bytes_ = 0;
  mutable int searches_ = 0;
};

}  // namespace squire::query
