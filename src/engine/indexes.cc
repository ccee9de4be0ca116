#include "engine/indexes.h"

#include <algorithm>
#include <set>

#include "index/key/btree.h"
#include "index/text/parameters.h"
#include "index/text/write_index.h"
#include "index/vector/exact.h"
#include "index/vector/write_index.h"
#include "table/commit.h"
#include "table/scan.h"
#include "upkeep/fold.h"

namespace squire::engine {
namespace {

using SnapshotPtr = std::shared_ptr<const table::Snapshot>;

/// Adds the rows at `addresses` that are still there and in fragments that the index covers.
Result<void> AddLive(const table::Snapshot& snapshot, const index::BTree& tree, std::span<const uint64_t> addresses,
                     std::map<uint64_t, lance::RowSet>& found) {
  for (uint64_t address : addresses) {
    const uint64_t id = address >> 32, offset = address & 0xffffffff;
    table::Fragment* fragment = snapshot.FindFragment(id);
    if (fragment == nullptr || !tree.Covers(id)) continue;
    const auto rows = static_cast<uint64_t>(fragment->physical_rows());
    if (offset >= rows)
      return Corruption("an index names a row that its fragment does not have", snapshot.paths().root);
    if (!TRY(fragment->Deleted())->Contains(offset)) found.try_emplace(id, rows).first->second.Add(offset);
  }
  return {};
}

std::string KindOf(const pb::IndexMetadata& index) {
  if (index.index_details().type_url() == vector::kVectorDetailsUrl) return vector::KindOfVectorIndex(index);
  if (index.index_details().type_url() == text::kOwnTextDetailsUrl) return "Text";
  // "/lance.table.BTreeIndexDetails" is a BTree.
  std::string kind = index.index_details().type_url();
  kind = kind.substr(kind.rfind('.') + 1);
  if (const size_t end = kind.find("IndexDetails"); end != std::string::npos) kind = kind.substr(0, end);
  return kind.empty() ? "unknown" : kind;
}

}  // namespace

Result<std::map<uint64_t, lance::RowSet>> FindRowsByKey(const table::Snapshot& snapshot, const std::string& column,
                                                        const Array& values, const table::KeySet& keys) {
  const int at = snapshot.schema().Find(column);
  std::shared_ptr<const index::BTree> tree;
  if (at >= 0 && index::CanIndex(values.type))
    tree = TRY(index::FindBTree(snapshot, snapshot.field_id(static_cast<size_t>(at))));
  // Each key costs a page of the index: reading the column is cheaper for many.
  if (tree == nullptr || static_cast<int64_t>(keys.size()) * tree->page_rows() > tree->num_entries() / 2)
    return table::FindRows(snapshot, column, values.type, keys);
  auto found = TRY(table::FindRows(snapshot, column, values.type, keys, upkeep::Uncovered(snapshot, *tree)));
  TRY(AddLive(snapshot, *tree, TRY(tree->Find(values)), found));
  return found;
}

namespace {

/// The indexes that one of this name takes the place of.
std::vector<std::string> Named(const table::Snapshot& snapshot, const std::string& name) {
  std::vector<std::string> out;
  for (const pb::IndexMetadata& index : snapshot.indices().indices())
    if (index.name() == name) out.push_back(table::UuidText(index.uuid()));
  return out;
}

std::string NameOr(const std::string& name, const std::string& column) { return name.empty() ? column + "_idx" : name; }

}  // namespace

Result<uint64_t> CreateKeyIndex(SnapshotPtr& current, const std::string& column, const std::string& name) {
  const std::string wanted = NameOr(name, column);
  auto index = TRY(index::WriteBTree(*current, column, wanted, nullptr));
  return upkeep::PublishIndex(current, std::move(index), Named(*current, wanted));
}

Result<uint64_t> CreateVectorIndex(SnapshotPtr& current, const std::string& column, const VectorIndexOptions& options,
                                   const std::string& name) {
  vector::WriteIndexOptions how;
  how.metric = vector::KernelMetric(options.metric);
  how.partitions = options.partitions;
  how.bits = options.bits;
  how.threads = options.threads;
  const std::string wanted = NameOr(name, column);
  auto index = TRY(vector::WriteVectorIndex(*current, column, wanted, how));
  return upkeep::PublishIndex(current, std::move(index), Named(*current, wanted));
}

Result<uint64_t> RetrainVectorIndexes(SnapshotPtr& current, int threads) {
  std::set<std::string> made;
  const pb::IndexSection indices = current->indices();
  for (const pb::IndexMetadata& index : indices.indices()) {
    if (index.index_details().type_url() != vector::kVectorDetailsUrl || !vector::IsOwnKind(index)) continue;
    const Field* column = index.fields_size() == 1 ? current->FindField(index.fields(0)) : nullptr;
    if (column == nullptr || !made.insert(index.name()).second) continue;
    vector::WriteIndexOptions how = TRY(vector::OptionsLike(*current, index));
    how.threads = threads;
    how.partitions = std::max(how.partitions, vector::PartitionsFor(static_cast<uint64_t>(current->num_rows())));
    auto written = TRY(vector::WriteVectorIndex(*current, column->name, index.name(), how));
    TRY(upkeep::PublishIndex(current, std::move(written), Named(*current, index.name())));
  }
  return made.size();
}

Result<uint64_t> CreateTextIndex(SnapshotPtr& current, std::span<const std::string> columns,
                                 const TextIndexOptions& options, const std::string& name) {
  if (columns.empty()) return InvalidArgument("a text index of no column");
  const table::Projection projection = TRY(table::Project(*current, columns));
  text::TextIndexWork work;
  work.parameters = TRY(text::ParametersFor(projection.field_ids, options));
  work.name = NameOr(name, columns[0]);
  for (size_t i = 0; i < current->num_fragments(); i++) work.fragments.insert(current->fragment(i).id());
  auto index = TRY(text::WriteTextIndex(*current, work));
  return upkeep::PublishIndex(current, std::move(index), Named(*current, work.name));
}

Result<uint64_t> DropIndex(SnapshotPtr& current, const std::string& name) {
  table::Change change;
  change.kind = table::Change::Kind::kCreateIndex;
  for (const pb::IndexMetadata& index : current->indices().indices())
    if (index.name() == name) change.removed_indices.push_back(table::UuidText(index.uuid()));
  if (change.removed_indices.empty()) return NotFound("the table has no index '" + name + "'");
  current = TRY(table::Commit(current, std::move(change)));
  return current->version();
}

std::vector<IndexInfo> Indexes(const table::Snapshot& snapshot) {
  std::vector<IndexInfo> out;
  for (const pb::IndexMetadata& index : snapshot.indices().indices()) {
    // Entries of one name are one index.
    const bool is_known =
        text::IsTextIndex(index) && std::ranges::find(out, index.name(), &IndexInfo::name) != out.end();
    if (is_known) continue;
    IndexInfo info{index.name(), {}, KindOf(index), table::UuidText(index.uuid())};
    for (int32_t id : index.fields())
      if (const Field* field = snapshot.FindField(id)) info.columns.push_back(field->name);
    out.push_back(std::move(info));
  }
  return out;
}

}  // namespace squire::engine
