#include "table/key_set.h"

#include <xxhash.h>

#include <bit>
#include <numeric>

#include "base/type_kinds.h"

namespace squire::table {
namespace {

constexpr int64_t kRangeRows = 65'536;

/// Strings of either offset width compare by their bytes.
bool SameKeyType(const DataType& a, const DataType& b) {
  if (IsText(a.id) && IsText(b.id)) return true;
  return a == b;
}

}  // namespace

std::string_view KeySet::Key(const Array& column, int64_t row) {
  if (IsText(column.type.id)) return column.Text(row);
  const auto width = static_cast<size_t>(column.type.bit_width() / 8);
  return AsText({column.buffers[0].data() + static_cast<size_t>(column.offset + row) * width, width});
}

size_t KeySet::Slot(std::string_view key) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = XXH3_64bits(key.data(), key.size()) & mask;
  while (slots_[slot] != 0 && keys_[slots_[slot] - 1] != key) slot = (slot + 1) & mask;
  return slot;
}

Result<KeySet> KeySet::Of(const Array& keys) {
  const bool fixed = keys.type.bit_width() > 0 && keys.type.bit_width() % 8 == 0 && keys.type.children.empty();
  if (!fixed && !IsText(keys.type.id))
    return InvalidArgument("a column of " + keys.type.ToString() + " cannot be a key");
  if (keys.length >= (int64_t{1} << 31)) return OverBudget("at most 2^31 keys at once");
  KeySet set;
  set.slots_.resize(std::bit_ceil(static_cast<size_t>(keys.length) * 2 + 2));
  for (int64_t row = 0; row < keys.length; row++) {
    if (!keys.IsValid(row)) continue;
    const std::string_view key = Key(keys, row);
    uint32_t& slot = set.slots_[set.Slot(key)];
    if (slot != 0) continue;
    set.keys_.push_back(key);
    slot = static_cast<uint32_t>(set.keys_.size());
  }
  return set;
}

bool KeySet::Meets(const KeySet& other) const {
  if (other.size() < size()) return other.Meets(*this);
  return std::ranges::any_of(keys_, [&](std::string_view key) { return other.Contains(key); });
}

bool KeySet::Contains(std::string_view key) const { return slots_[Slot(key)] != 0; }

Result<std::map<uint64_t, lance::RowSet>> FindRows(const Snapshot& snapshot, const std::string& column,
                                                   const DataType& key_type, const KeySet& keys) {
  std::vector<size_t> all(snapshot.num_fragments());
  std::iota(all.begin(), all.end(), size_t{0});
  return FindRows(snapshot, column, key_type, keys, all);
}

Result<std::map<uint64_t, lance::RowSet>> FindRows(const Snapshot& snapshot, const std::string& column,
                                                   const DataType& key_type, const KeySet& keys,
                                                   std::span<const size_t> fragments) {
  const int at = snapshot.schema().Find(column);
  if (at < 0) return NotFound("the table has no column '" + column + "'");
  const DataType& type = snapshot.schema().fields[static_cast<size_t>(at)].type;
  if (!SameKeyType(type, key_type))
    return InvalidArgument("column '" + column + "' has type " + type.ToString() + ", the keys " + key_type.ToString());
  std::map<uint64_t, lance::RowSet> found;
  if (keys.size() == 0) return found;
  for (size_t i : fragments) {
    Fragment& fragment = snapshot.fragment(i);
    lance::RowSet rows(static_cast<uint64_t>(fragment.physical_rows()));
    for (int64_t first = 0; first < fragment.physical_rows(); first += kRangeRows) {
      const int64_t count = std::min(kRangeRows, fragment.physical_rows() - first);
      const Array values = TRY(fragment.Read(snapshot.field_id(static_cast<size_t>(at)), type, first, count));
      for (int64_t row = 0; row < count; row++)
        if (values.IsValid(row) && keys.Contains(KeySet::Key(values, row)))
          rows.Add(static_cast<uint64_t>(first + row));
    }
    if (rows.empty()) continue;  // as mostly: its deletion file need not be read
    rows.RemoveAll(*TRY(fragment.Deleted()));
    if (!rows.empty()) found.emplace(fragment.id(), std::move(rows));
  }
  return found;
}

}  // namespace squire::table
