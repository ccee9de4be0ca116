#include "table/key_set.h"

#include <xxhash.h>

#include <algorithm>
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

uint32_t KeySet::Hash(std::string_view key) { return static_cast<uint32_t>(XXH3_64bits(key.data(), key.size())); }

size_t KeySet::Slot(std::string_view key, uint32_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot] != 0 && keys_[slots_[slot] - 1] != key) slot = (slot + 1) & mask;
  return slot;
}

bool KeySet::ContainsHash(uint32_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot] != 0 && hashes_[slots_[slot] - 1] != hash) slot = (slot + 1) & mask;
  return slots_[slot] != 0;
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
    const uint32_t hash = Hash(key);
    uint32_t& slot = set.slots_[set.Slot(key, hash)];
    if (slot != 0) continue;
    set.keys_.push_back(key);
    set.hashes_.push_back(hash);
    slot = static_cast<uint32_t>(set.keys_.size());
  }
  return set;
}

bool KeySet::Meets(const KeySet& other) const {
  if (other.size() < size()) return other.Meets(*this);
  return std::ranges::any_of(keys_, [&](std::string_view key) { return other.Contains(key); });
}

bool KeySet::Contains(std::string_view key) const { return slots_[Slot(key, Hash(key))] != 0; }

namespace {

/// Where the column lies, by a name for FileCache; empty where no file holds it.
Result<std::string> PlaceOf(const Snapshot& snapshot, const Fragment& fragment, int32_t field_id) {
  for (const pb::DataFile& file : fragment.meta().files())
    if (std::ranges::find(file.fields(), field_id) != file.fields().end())
      return JoinPath(TRY(snapshot.DataFolder(file)), file.path()) + " " + std::to_string(field_id);
  return std::string();
}

/// Reads the whole column: the rows that have one of the keys, and a hash of each row's key, 0 for none.
Result<lance::RowSet> ReadKeys(Fragment& fragment, int32_t field_id, const DataType& type, const KeySet& keys,
                               KeyHashes* hashes) {
  lance::RowSet rows(static_cast<uint64_t>(fragment.physical_rows()));
  if (hashes != nullptr) hashes->reserve(static_cast<size_t>(fragment.physical_rows()));
  for (int64_t first = 0; first < fragment.physical_rows(); first += kRangeRows) {
    const int64_t count = std::min(kRangeRows, fragment.physical_rows() - first);
    const Array values = TRY(fragment.Read(field_id, type, first, count));
    for (int64_t row = 0; row < count; row++) {
      const bool is_key = values.IsValid(row);
      const std::string_view key = is_key ? KeySet::Key(values, row) : std::string_view();
      if (hashes != nullptr) hashes->push_back(is_key ? KeySet::Hash(key) : 0);
      if (is_key && keys.Contains(key)) rows.Add(static_cast<uint64_t>(first + row));
    }
  }
  return rows;
}

/// Reads the column only where a row's hash is that of a key.
Result<lance::RowSet> TakeKeys(Fragment& fragment, int32_t field_id, const DataType& type, const KeySet& keys,
                               const KeyHashes& hashes) {
  lance::RowSet rows(static_cast<uint64_t>(fragment.physical_rows()));
  std::vector<int64_t> likely;
  const auto check = [&]() -> Result<void> {
    const Array values = TRY(fragment.Take(field_id, type, likely));
    for (size_t i = 0; i < likely.size(); i++) {
      const auto at = static_cast<int64_t>(i);
      if (values.IsValid(at) && keys.Contains(KeySet::Key(values, at))) rows.Add(static_cast<uint64_t>(likely[i]));
    }
    likely.clear();
    return {};
  };
  for (size_t row = 0; row < hashes.size(); row++) {
    if (keys.ContainsHash(hashes[row])) likely.push_back(static_cast<int64_t>(row));
    if (std::ssize(likely) == kRangeRows) TRY(check());
  }
  if (!likely.empty()) TRY(check());
  return rows;
}

Result<lance::RowSet> FindKeys(const Snapshot& snapshot, Fragment& fragment, int32_t field_id, const DataType& type,
                               const KeySet& keys) {
  const std::string place = TRY(PlaceOf(snapshot, fragment, field_id));
  const auto rows_max = static_cast<int64_t>(FileCache::kKeyHashBytesMax / sizeof(uint32_t) / 2);
  if (place.empty() || fragment.physical_rows() > rows_max) return ReadKeys(fragment, field_id, type, keys, nullptr);
  const auto known = snapshot.files()->RecallKeyHashes(place);
  if (known && std::ssize(*known) == fragment.physical_rows()) return TakeKeys(fragment, field_id, type, keys, *known);
  const auto hashes = std::make_shared<KeyHashes>();
  auto rows = TRY(ReadKeys(fragment, field_id, type, keys, hashes.get()));
  snapshot.files()->RememberKeyHashes(place, hashes);
  return rows;
}

}  // namespace

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
    auto rows = TRY(FindKeys(snapshot, fragment, snapshot.field_id(static_cast<size_t>(at)), type, keys));
    if (rows.empty()) continue;  // as mostly: its deletion file need not be read
    rows.RemoveAll(*TRY(fragment.Deleted()));
    if (!rows.empty()) found.emplace(fragment.id(), std::move(rows));
  }
  return found;
}

}  // namespace squire::table
