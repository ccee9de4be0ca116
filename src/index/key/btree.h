#pragma once

/// A BTREE index of a column: its values in order with the address of each row, in pages of a few thousand, and the
/// first and last value of each page. Lance's own format: other programs use it, and theirs are used here.
/// Source: docs/lance_format.md, "BTREE".

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "index/key/sort_key.h"
#include "table/snapshot.h"

namespace squire::index {

inline constexpr char kBTreeDetailsUrl[] = "/lance.table.BTreeIndexDetails";

/// An index as a version names it. Immutable; safe to share between threads.
class BTree {
 public:
  /// ERRORS: Corruption; Unsupported for an index of another kind or form.
  static Result<std::shared_ptr<const BTree>> Open(const table::Snapshot& snapshot, const pb::IndexMetadata& index);

  [[nodiscard]] const pb::IndexMetadata& metadata() const { return metadata_; }
  [[nodiscard]] const DataType& type() const { return type_; }
  /// Whether the rows that the fragment had when the index was made are in it.
  [[nodiscard]] bool Covers(uint64_t fragment_id) const { return fragments_.contains(fragment_id); }
  [[nodiscard]] int64_t num_entries() const { return num_entries_; }
  [[nodiscard]] int64_t page_rows() const { return page_rows_; }

  /// One end of a range of values.
  struct Bound {
    SortKey key;
    bool is_inclusive = true;
  };

  /// Addresses of rows with one of `keys`, in no order; rows that were deleted since are among them.
  [[nodiscard]] Result<std::vector<uint64_t>> Find(const Array& keys) const;
  /// The same for values between the bounds; open at an end without one.
  [[nodiscard]] Result<std::vector<uint64_t>> FindRange(const std::optional<Bound>& lower,
                                                        const std::optional<Bound>& upper) const;

  /// How many pages FindRange reads.
  [[nodiscard]] int64_t CountPages(const std::optional<Bound>& lower, const std::optional<Bound>& upper) const;

  /// Entries [first, first + count) in order: values and row addresses.
  struct Entries {
    Array values, addresses;
  };
  [[nodiscard]] Result<Entries> Read(int64_t first, int64_t count) const;

 private:
  BTree() = default;
  [[nodiscard]] size_t FirstPageFor(const SortKey& key) const;

  pb::IndexMetadata metadata_;
  DataType type_;
  std::set<uint64_t> fragments_;
  std::shared_ptr<lance::FileReader> data_;
  Array min_, max_;  // of each page
  int64_t page_rows_ = 0, num_entries_ = 0;
};

/// The BTREE index of the column with `field_id` that covers most, or null where there is none that can be used.
Result<std::shared_ptr<const BTree>> FindBTree(const table::Snapshot& snapshot, int32_t field_id);

/// Writes an index of column `column` over all rows of `snapshot`; entries of `previous` (may be null) for rows that
/// are still there are taken over, the column is read for the others. The files are durable but for their folder.
/// Memory is bounded: what does not fit is sorted in parts and merged. ERRORS: Unsupported types; NoSpace, Io.
Result<pb::IndexMetadata> WriteBTree(const table::Snapshot& snapshot, const std::string& column,
                                     const std::string& name, const BTree* previous);

}  // namespace squire::index
