#pragma once

/// The rows of a fragment that are deleted: in memory one bit a row, on disk a Roaring bitmap (.bin) or, from other
/// writers, a small Arrow file. Source: docs/lance_format.md, "Deletion files"; Roaring portable format specification.

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace squire::lance {

/// A set of row offsets below a fixed limit.
class RowSet {
 public:
  RowSet() = default;
  explicit RowSet(uint64_t num_rows) : words_(CeilDiv(num_rows, 64)), num_rows_(num_rows) {}

  [[nodiscard]] uint64_t num_rows() const { return num_rows_; }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] bool Contains(uint64_t row) const { return (words_[row >> 6] >> (row & 63)) & 1; }
  /// Adds `row`; true when it was not in the set. REQUIRES: row < num_rows().
  bool Add(uint64_t row);
  /// Adds all of `other`. REQUIRES: the same num_rows(), or `other` empty.
  void AddAll(const RowSet& other);
  /// Removes all of `other`. REQUIRES: the same num_rows().
  void RemoveAll(const RowSet& other);
  /// True when a row is in both.
  [[nodiscard]] bool Intersects(const RowSet& other) const;
  [[nodiscard]] std::span<const uint64_t> words() const { return words_; }

 private:
  std::vector<uint64_t> words_;
  uint64_t num_rows_ = 0;
  uint64_t count_ = 0;
};

/// Portable Roaring bytes of the set, array and bitmap containers only.
std::vector<uint8_t> SerializeRoaring(const RowSet& rows);

/// ERRORS: Corruption, also for a row at or above `num_rows`.
Result<RowSet> ParseRoaring(Bytes bytes, uint64_t num_rows);

/// Reads the Arrow form: one record batch, one column `row_id` of u32, plain or ZSTD.
Result<RowSet> ParseArrowDeletions(Bytes bytes, uint64_t num_rows);

}  // namespace squire::lance
