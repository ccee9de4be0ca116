#pragma once

/// VectorCache: vectors of one column that searches of one open table read again and again, in memory up to a bound.
/// Safe to share between threads.

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "table/scan.h"

namespace squire::query {

/// Rows of a fragment that follow each other, as float32 in one piece.
struct VectorRange {
  /// Of a column of float32 or float16 vectors; `is_lasting`: in memory of its own, for many readings.
  static Result<VectorRange> Of(const Array& rows, bool is_lasting = false);

  Buffer values;
  size_t count = 0, dim = 0;
  std::vector<uint64_t> valid;  ///< bit i % 64 of word i / 64: row i is not null; empty: none is

  [[nodiscard]] bool IsValid(size_t row) const { return valid.empty() || (valid[row / 64] >> (row % 64) & 1) != 0; }
  [[nodiscard]] int64_t byte_size() const { return static_cast<int64_t>(values.size() + valid.size() * 8); }
};

class VectorCache {
 public:
  static constexpr int64_t kRangeRows = 4096;       ///< ranges begin at multiples of it
  static constexpr int64_t kBytesMax = 128 << 20;   ///< held at most
  static constexpr int64_t kMissesOf = 16;          ///< one row in so many was missed: the range is read
  static constexpr int kSearchesBeforeKeeping = 1;  ///< that read a column before anything of it is held

  /// The one of a column of the snapshot's table, made at the first call.
  static std::shared_ptr<const VectorCache> Of(const table::Snapshot& snapshot, int32_t field_id);

  /// To be told of each search that is going to read rows, before it does.
  void BeginSearch() const;

  /// All rows of a range of the column, as float32. REQUIRES: the range begins at a multiple of kRangeRows and is at
  /// most as long.
  Result<std::shared_ptr<const VectorRange>> Read(const table::Snapshot& snapshot, const table::Projection& column,
                                                  const table::RowRange& range) const;

  /// To be told of rows that were not held and are going to be read by themselves: a range of which many were is read
  /// whole, and held from then on.
  Result<void> Missed(const table::Snapshot& snapshot, const table::Projection& column,
                      std::span<const uint64_t> addresses) const;

  /// The rows of the range in which `offset` of a fragment lies, if they are held.
  std::shared_ptr<const VectorRange> Find(const table::Fragment& fragment, uint64_t offset) const;

  /// Whether all rows of a fragment are held whose bits are set.
  bool Holds(const table::Fragment& fragment, std::span<const uint64_t> wanted) const;

 private:
  struct Held {
    // Of the fragment: another column may have taken the place of the one that was read.
    std::vector<std::string> files;
    std::shared_ptr<const VectorRange> rows;
  };
  bool IsKeeping() const;
  static bool IsOf(const Held& held, const table::Fragment& fragment);
  void Keep(const table::Snapshot& snapshot, const table::RowRange& range,
            std::shared_ptr<const VectorRange> rows) const;

  mutable std::mutex mutex_;
  mutable std::map<std::pair<uint64_t, int64_t>, Held> held_;       // by fragment id and first row
  mutable std::map<std::pair<uint64_t, int64_t>, int64_t> misses_;  // as held_
  mutable int64_t bytes_ = 0;
  mutable int searches_ = 0;
};

}  // namespace squire::query
