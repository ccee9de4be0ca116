#pragma once

/// Keys of one or several columns, hashed by their bytes, and the rows that have them.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/try.h"
#include "squire/array.h"

namespace squire::engine {

/// Whether `a` and `b` can be compared as keys: the same type, or both text of either offset width.
bool AreKeyTypes(const DataType& a, const DataType& b);

/// The distinct keys of some rows. Built once, then only looked into.
class KeyJoin {
 public:
  static constexpr uint32_t kNoKey = UINT32_MAX;

  /// Hashes the rows of `columns`, which must outlive the join. Rows with a null in a key column have no key.
  /// ERRORS: InvalidArgument for a type that cannot be a key, OverBudget beyond 2^31 rows.
  static Result<KeyJoin> Of(std::vector<const Array*> columns);

  /// The key of a row of the rows given, or kNoKey.
  [[nodiscard]] uint32_t KeyOfRow(int64_t row) const { return key_of_row_[static_cast<size_t>(row)]; }
  /// The first row that has the key.
  [[nodiscard]] int64_t FirstRow(uint32_t key) const { return first_row_[key]; }
  /// Whether more than one row has it.
  [[nodiscard]] bool IsRepeated(uint32_t key) const { return is_repeated_[key] != 0; }
  [[nodiscard]] size_t num_keys() const { return first_row_.size(); }
  /// The key that row `row` of other columns has, or kNoKey. `scratch` is room that calls may share.
  [[nodiscard]] uint32_t Find(std::span<const Array* const> columns, int64_t row, std::string& scratch) const;
  /// Row `row` as people read it: its number and, of a text key, the text.
  [[nodiscard]] std::string Describe(int64_t row) const;

 private:
  [[nodiscard]] size_t Slot(std::string_view key) const;

  std::vector<const Array*> columns_;
  std::vector<uint32_t> slots_;  // open addressing: key + 1, 0 = free
  std::vector<uint64_t> hashes_;
  std::vector<int64_t> first_row_;
  std::vector<uint8_t> is_repeated_;
  std::vector<uint32_t> key_of_row_;
};

}  // namespace squire::engine
