#include "index/key/btree.h"

#include <algorithm>
#include <charconv>

#include "index/coverage.h"

namespace squire::index {
namespace {

constexpr int64_t kPageRowsMax = 1 << 20;
constexpr int64_t kPagesMax = 1 << 24;

lance::ColumnTree Leaf(DataType type, int32_t column) { return {std::move(type), column, false, {}}; }

}  // namespace

Result<std::shared_ptr<const BTree>> BTree::Open(const table::Snapshot& snapshot, const pb::IndexMetadata& index) {
  if (index.index_details().type_url() != kBTreeDetailsUrl || index.fields_size() != 1)
    return Unsupported("index '" + index.name() + "' is no BTREE of one column");
  if (index.has_base_id()) return Unsupported("indexes of another base path", snapshot.paths().root);
  std::shared_ptr<BTree> out(new BTree());
  out->metadata_ = index;
  bool found = false;
  for (size_t i = 0; i < snapshot.schema().fields.size(); i++) {
    if (snapshot.field_id(i) != index.fields(0)) continue;
    out->type_ = snapshot.schema().fields[i].type;
    found = true;
  }
  if (!found || !CanIndex(out->type_)) return Unsupported("an index on " + out->type_.ToString());
  out->fragments_ = TRY(CoveredFragments(snapshot, index));

  const std::string folder = snapshot.paths().Index(table::UuidText(index.uuid()));
  auto lookup = TRY(snapshot.files()->Open(JoinPath(folder, "page_lookup.lance")));
  out->data_ = TRY(snapshot.files()->Open(JoinPath(folder, "page_data.lance")));
  const auto metadata = TRY(lookup->ReadSchemaMetadata());
  const auto rows = metadata.find("batch_size");
  const std::string text = rows == metadata.end() ? "" : rows->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out->page_rows_);
  if (error != std::errc() || out->page_rows_ < 1 || out->page_rows_ > kPageRowsMax)
    return Corruption("a BTREE index does not say how long its pages are", folder);
  if (const auto ranged = metadata.find("range_partitioned"); ranged != metadata.end() && ranged->second != "false")
    return Unsupported("a BTREE index in range partitions", folder);
  const int64_t pages = lookup->num_rows();
  out->num_entries_ = out->data_->num_rows();
  if (pages > kPagesMax || pages != (out->num_entries_ + out->page_rows_ - 1) / out->page_rows_)
    return Corruption(
        "a BTREE index of " + std::to_string(pages) + " pages for " + std::to_string(out->num_entries_) + " entries",
        folder);
  out->min_ = TRY(lookup->Read(Leaf(out->type_, 0), 0, pages));
  out->max_ = TRY(lookup->Read(Leaf(out->type_, 1), 0, pages));
  return std::shared_ptr<const BTree>(std::move(out));
}

Result<BTree::Entries> BTree::Read(int64_t first, int64_t count) const {
  Entries entries;
  entries.values = TRY(data_->Read(Leaf(type_, 0), first, count));
  entries.addresses = TRY(data_->Read(Leaf(TypeId::kUInt64, 1), first, count));
  return entries;
}

/// The first page whose last value is not below `key`.
size_t BTree::FirstPageFor(const SortKey& key) const {
  size_t low = 0, high = static_cast<size_t>(max_.length);
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (KeyAt(max_, static_cast<int64_t>(middle)) < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

int64_t BTree::CountPages(const std::optional<Bound>& lower, const std::optional<Bound>& upper) const {
  SortKey least;
  least.is_valid = true;
  int64_t pages = 0;
  for (auto page = static_cast<int64_t>(FirstPageFor(lower ? lower->key : least)); page < min_.length; page++) {
    if (upper && KeyAt(min_, page) > upper->key) break;
    pages++;
  }
  return pages;
}

Result<std::vector<uint64_t>> BTree::FindRange(const std::optional<Bound>& lower,
                                               const std::optional<Bound>& upper) const {
  std::vector<uint64_t> found;
  SortKey least;
  least.is_valid = true;  // nulls are in no range
  const SortKey from = lower ? lower->key : least;
  for (auto page = static_cast<int64_t>(FirstPageFor(from)); page < min_.length; page++) {
    if (upper && KeyAt(min_, page) > upper->key) break;
    const int64_t first = page * page_rows_;
    const Entries entries = TRY(Read(first, std::min(page_rows_, num_entries_ - first)));
    for (int64_t row = 0; row < entries.values.length; row++) {
      const SortKey key = KeyAt(entries.values, row);
      if (!key.is_valid || key < from || (lower && !lower->is_inclusive && key == from)) continue;
      if (upper && (key > upper->key || (!upper->is_inclusive && key == upper->key))) break;
      found.push_back(entries.addresses.values<uint64_t>()[static_cast<size_t>(row)]);
    }
  }
  return found;
}

Result<std::vector<uint64_t>> BTree::Find(const Array& keys) const {
  std::vector<SortKey> wanted;
  for (int64_t row = 0; row < keys.length; row++)
    if (keys.IsValid(row)) wanted.push_back(KeyAt(keys, row));
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  std::vector<uint64_t> found;
  for (size_t at = 0; at < wanted.size();) {
    auto page = static_cast<int64_t>(FirstPageFor(wanted[at]));
    if (page >= min_.length) break;
    // Keys up to the end of this page are looked up in it; a value may go on in the pages behind.
    const SortKey last = KeyAt(max_, page);
    const int64_t first = page * page_rows_;
    const Entries entries = TRY(Read(first, std::min(page_rows_, num_entries_ - first)));
    int64_t row = 0;
    while (at < wanted.size() && wanted[at] <= last) {
      const auto below = [&](int64_t r, const SortKey& key) { return KeyAt(entries.values, r) < key; };
      int64_t low = row, high = entries.values.length;
      while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (below(middle, wanted[at]))
          low = middle + 1;
        else
          high = middle;
      }
      for (row = low; row < entries.values.length && KeyAt(entries.values, row) == wanted[at]; row++)
        found.push_back(entries.addresses.values<uint64_t>()[static_cast<size_t>(row)]);
      if (wanted[at] == last && page + 1 < min_.length && KeyAt(min_, page + 1) == wanted[at]) {
        const Bound exactly{wanted[at], true};
        const auto all = TRY(FindRange(exactly, exactly));  // with those of this page again: duplicates are allowed
        found.insert(found.end(), all.begin(), all.end());
      }
      at++;
    }
  }
  return found;
}

Result<std::shared_ptr<const BTree>> FindBTree(const table::Snapshot& snapshot, int32_t field_id) {
  std::shared_ptr<const BTree> best;
  for (const pb::IndexMetadata& index : snapshot.indices().indices()) {
    if (index.index_details().type_url() != kBTreeDetailsUrl) continue;
    if (index.fields_size() != 1 || index.fields(0) != field_id) continue;
    // Entries name rows by their address; with stable row ids they would name them by those.
    if (snapshot.manifest().reader_feature_flags() & lance::kFlagStableRowIds) continue;
    auto opened = BTree::Open(snapshot, index);
    if (!opened && opened.error().code == Code::kUnsupported) continue;
    if (!opened) return std::move(opened.error());
    if (best == nullptr || (*opened)->num_entries() > best->num_entries()) best = *std::move(opened);
  }
  return best;
}

}  // namespace squire::index
