#include "lance/shred.h"

#include <algorithm>

#include "lance/logical_type.h"

namespace squire::lance {
namespace {

constexpr int kWhole = -1;  // an entry that ends in no null and no empty list

/// An entry on its way down the layers.
struct Entry {
  int64_t at = 0;  // in the array of the layer; -1: nothing is below
  uint16_t rep = 0;
  int16_t ends = kWhole;  // 2 * layer, counted from outside, + 1 for an empty list
};

/// Layer `k`'s lists open into one entry an item.
std::vector<Entry> OpenLists(const Array& lists, int k, uint16_t lists_inside, std::vector<Entry> entries) {
  std::vector<Entry> out;
  out.reserve(entries.size() + static_cast<size_t>(lists.children[0].length));
  for (Entry entry : entries) {
    const bool gone = entry.at < 0 || entry.ends != kWhole;
    const bool valid = !gone && lists.IsValid(entry.at);
    const int64_t first = valid ? lists.ListStart(entry.at) : 0, end = valid ? lists.ListStart(entry.at + 1) : 0;
    if (gone || !valid || first == end) {
      if (!gone) entry.ends = static_cast<int16_t>(2 * k + (valid ? 1 : 0));
      entry.at = -1;
      out.push_back(entry);
      continue;
    }
    for (int64_t item = first; item < end; item++)
      out.push_back({item, item == first ? entry.rep : lists_inside, kWhole});
  }
  return out;
}

void MarkNulls(const Array& items, int k, std::vector<Entry>& entries) {
  if (items.validity.empty() && items.type.id != TypeId::kNull) return;
  for (Entry& entry : entries) {
    if (entry.at >= 0 && entry.ends == kWhole && !items.IsValid(entry.at)) entry.ends = static_cast<int16_t>(2 * k);
  }
}

/// Gives each way to end a level, innermost first, and says what each layer can be.
void NumberLevels(const std::vector<bool>& is_list, const std::vector<Entry>& entries, Shredded& out) {
  const int layers = static_cast<int>(is_list.size());
  std::vector<uint16_t> level_of(static_cast<size_t>(layers) * 2, 0);
  for (const Entry& entry : entries)
    if (entry.ends != kWhole) level_of[static_cast<size_t>(entry.ends)] = 1;
  // A null struct makes the lists inside it null: readers want a level for that.
  bool in_null_struct = false;
  for (int k = 0; k < layers; k++) {
    const bool list = is_list[static_cast<size_t>(k)];
    if (list && in_null_struct) level_of[static_cast<size_t>(2 * k)] = 1;
    in_null_struct = in_null_struct || (!list && k + 1 < layers && level_of[static_cast<size_t>(2 * k)] != 0);
  }
  uint16_t level = 0;
  bool seen_list = false;
  for (int k = layers - 1; k >= 0; k--) {
    uint16_t& null_level = level_of[static_cast<size_t>(2 * k)];
    uint16_t& empty_level = level_of[static_cast<size_t>(2 * k + 1)];
    const bool nulls = null_level != 0, empties = empty_level != 0;
    if (nulls) null_level = ++level;
    if (empties) empty_level = ++level;
    if (!is_list[static_cast<size_t>(k)])
      out.layers.push_back(nulls ? pb21::NULLABLE_ITEM : pb21::ALL_VALID_ITEM);
    else if (nulls)
      out.layers.push_back(empties ? pb21::NULL_AND_EMPTY_LIST : pb21::NULLABLE_LIST);
    else
      out.layers.push_back(empties ? pb21::EMPTYABLE_LIST : pb21::ALL_VALID_LIST);
    seen_list = seen_list || is_list[static_cast<size_t>(k)];
    if (!seen_list) out.max_visible = level;
  }
  out.max_def = level;
  if (out.max_rep > 0) {
    out.levels.rep.reserve(entries.size());
    for (const Entry& entry : entries) out.levels.rep.push_back(entry.rep);
  }
  if (level == 0) return;
  out.levels.def.reserve(entries.size());
  for (const Entry& entry : entries)
    out.levels.def.push_back(entry.ends == kWhole ? 0 : level_of[static_cast<size_t>(entry.ends)]);
}

/// A column that is its own leaf: a level a row, or none.
Shredded ShredFlat(const Array& rows) {
  Shredded out;
  out.num_rows = rows.length;
  out.values = rows;
  const bool nulls = rows.null_count() > 0;
  out.layers = {nulls ? pb21::NULLABLE_ITEM : pb21::ALL_VALID_ITEM};
  if (!nulls) return out;
  out.max_def = out.max_visible = 1;
  out.levels.def.reserve(static_cast<size_t>(rows.length));
  for (int64_t row = 0; row < rows.length; row++) out.levels.def.push_back(rows.IsValid(row) ? 0 : 1);
  return out;
}

}  // namespace

Result<Shredded> Shred(const Array& rows) {
  if (IsLeaf(rows.type)) return ShredFlat(rows);
  Shredded out;
  out.num_rows = rows.length;
  std::vector<const Array*> layers = {&rows};
  while (!IsLeaf(layers.back()->type)) layers.push_back(&layers.back()->children[0]);
  std::vector<bool> is_list;
  for (const Array* layer : layers) {
    is_list.push_back(layer->type.id == TypeId::kList || layer->type.id == TypeId::kLargeList);
    out.max_rep = static_cast<uint16_t>(out.max_rep + (is_list.back() ? 1 : 0));
  }
  std::vector<Entry> entries(static_cast<size_t>(rows.length));
  for (size_t row = 0; row < entries.size(); row++) entries[row] = {static_cast<int64_t>(row), out.max_rep, kWhole};
  uint16_t lists_inside = out.max_rep;
  for (size_t k = 0; k < layers.size(); k++) {
    if (is_list[k])
      entries = OpenLists(*layers[k], static_cast<int>(k), --lists_inside, std::move(entries));
    else
      MarkNulls(*layers[k], static_cast<int>(k), entries);
  }
  NumberLevels(is_list, entries, out);
  std::vector<int64_t> visible;
  for (const Entry& entry : entries)
    if (entry.at >= 0) visible.push_back(entry.at);
  out.values = TRY(TakeRows(*layers.back(), visible));
  return out;
}

// The recursions follow the type, whose depth is limited where schemas are checked.

size_t LeafCount(const DataType& type) {
  if (IsLeaf(type)) return 1;
  size_t count = 0;
  for (const Field& child : type.children) count += LeafCount(child.type);
  return count;
}

Array PathOf(const Array& rows, size_t leaf) {
  if (IsLeaf(rows.type)) return rows;
  size_t child = 0;
  for (size_t leaves; leaf >= (leaves = LeafCount(rows.type.children[child].type)); child++) leaf -= leaves;
  Array out = rows;
  Field field = rows.type.children[child];
  out.children = {PathOf(rows.children[child], leaf)};
  field.type = out.children[0].type;
  out.type.children = {std::move(field)};
  return out;
}

}  // namespace squire::lance
