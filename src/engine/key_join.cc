#include "engine/key_join.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "base/type_kinds.h"

namespace squire::engine {
namespace {

bool CanBeKey(const DataType& type) {
  return IsText(type.id) || type.id == TypeId::kBool || (type.bit_width() > 0 && type.children.empty());
}

/// The bytes of one column's value. REQUIRES: not null.
std::string_view ValueBytes(const Array& column, int64_t row) {
  static constexpr char kBits[] = {0, 1};
  if (IsText(column.type.id)) return column.Text(row);
  if (column.type.id == TypeId::kBool) return {kBits + (column.Bit(row) ? 1 : 0), 1};
  const auto width = static_cast<size_t>(column.type.bit_width() / 8);
  return AsText({column.buffers[0].data() + static_cast<size_t>(column.offset + row) * width, width});
}

/// The bytes of a row's key: of one column as they lie there, of several put together, each with its length before it.
std::optional<std::string_view> KeyBytes(std::span<const Array* const> columns, int64_t row, std::string& scratch) {
  if (!std::ranges::all_of(columns, [row](const Array* column) { return column->IsValid(row); })) return std::nullopt;
  if (columns.size() == 1) return ValueBytes(*columns[0], row);
  scratch.clear();
  for (const Array* column : columns) {
    const std::string_view value = ValueBytes(*column, row);
    Put(scratch, static_cast<uint64_t>(value.size()));
    scratch += value;
  }
  return scratch;
}

uint64_t HashOf(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

}  // namespace

bool AreKeyTypes(const DataType& a, const DataType& b) { return (IsText(a.id) && IsText(b.id)) || a == b; }

Result<KeyJoin> KeyJoin::Of(std::vector<const Array*> columns) {
  KeyJoin join;
  for (const Array* column : columns) {
    if (!CanBeKey(column->type)) return InvalidArgument("a column of " + column->type.ToString() + " cannot be a key");
  }
  const int64_t rows = columns[0]->length;
  if (rows >= (int64_t{1} << 31)) return OverBudget("at most 2^31 rows at once");
  join.columns_ = std::move(columns);
  join.slots_.resize(std::bit_ceil(static_cast<size_t>(rows) * 2 + 2));
  join.key_of_row_.assign(static_cast<size_t>(rows), kNoKey);
  std::string scratch;
  for (int64_t row = 0; row < rows; row++) {
    const auto key = KeyBytes(join.columns_, row, scratch);
    if (!key) continue;
    uint32_t& slot = join.slots_[join.Slot(*key)];
    if (slot == 0) {
      join.first_row_.push_back(row);
      join.hashes_.push_back(HashOf(*key));
      join.is_repeated_.push_back(0);
      slot = static_cast<uint32_t>(join.first_row_.size());
    } else {
      join.is_repeated_[slot - 1] = 1;
    }
    join.key_of_row_[static_cast<size_t>(row)] = slot - 1;
  }
  return join;
}

size_t KeyJoin::Slot(std::string_view key) const {
  const uint64_t hash = HashOf(key);
  const size_t mask = slots_.size() - 1;
  std::string scratch;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) return slot;
    const uint32_t at = slots_[slot] - 1;
    if (hashes_[at] == hash && *KeyBytes(columns_, first_row_[at], scratch) == key) return slot;
  }
}

uint32_t KeyJoin::Find(std::span<const Array* const> columns, int64_t row, std::string& scratch) const {
  const auto key = KeyBytes(columns, row, scratch);
  if (!key) return kNoKey;
  const uint32_t found = slots_[Slot(*key)];
  return found == 0 ? kNoKey : found - 1;
}

std::string KeyJoin::Describe(int64_t row) const {
  std::string out = "row " + std::to_string(row);
  const Array& first = *columns_[0];
  if (!IsText(first.type.id) || !first.IsValid(row)) return out;
  constexpr size_t kShownMax = 80;
  return out + " ('" + std::string(first.Text(row).substr(0, kShownMax)) + "')";
}

}  // namespace squire::engine
