#pragma once

/// A set of keys from a column, and the rows of a table that carry one of them: what delete and upsert by key are made
/// of. One pass over the key column, no expression, no recursion: N keys cost O(N + rows).

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "lance/deletion_file.h"
#include "table/snapshot.h"

namespace squire::table {

class KeySet {
 public:
  /// The distinct values of `keys`, which must outlive the set. Nulls are no keys.
  /// ERRORS: InvalidArgument for a type that cannot be a key (only fixed width and text can).
  static Result<KeySet> Of(const Array& keys);

  [[nodiscard]] bool Contains(std::string_view key) const;
  /// Whether a key with this hash is there.
  [[nodiscard]] bool ContainsHash(uint32_t hash) const;
  /// Whether a key is in both.
  [[nodiscard]] bool Meets(const KeySet& other) const;
  [[nodiscard]] size_t size() const { return keys_.size(); }

  /// The bytes that stand for row `row` of a key column. REQUIRES: the row is not null.
  static std::string_view Key(const Array& column, int64_t row);
  static uint32_t Hash(std::string_view key);

 private:
  [[nodiscard]] size_t Slot(std::string_view key, uint32_t hash) const;

  std::vector<std::string_view> keys_;
  std::vector<uint32_t> hashes_;  // of keys_
  std::vector<uint32_t> slots_;   // open addressing; index into keys_ + 1, 0 = free
};

/// Live rows, by fragment id, whose `column` is in `keys`; of all fragments, or of those at `fragments` in the
/// snapshot. What was read of the column leaves a hash a row with the table's files, so that the next few keys are
/// looked for in memory. ERRORS: NotFound for the column, InvalidArgument when its type differs from `key_type`.
Result<std::map<uint64_t, lance::RowSet>> FindRows(const Snapshot& snapshot, const std::string& column,
                                                   const DataType& key_type, const KeySet& keys);
Result<std::map<uint64_t, lance::RowSet>> FindRows(const Snapshot& snapshot, const std::string& column,
                                                   const DataType& key_type, const KeySet& keys,
                                                   std::span<const size_t> fragments);

}  // namespace squire::table
