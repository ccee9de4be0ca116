#include "upkeep/fold.h"

#include <algorithm>

#include "index/coverage.h"
#include "index/vector/write_index.h"
#include "table/commit.h"
#include "upkeep/tell.h"

namespace squire::upkeep {
namespace {

constexpr size_t kUncoveredFragmentsMax = 16;
constexpr int64_t kUncoveredRowsMin = 8192;
constexpr int64_t kUnfoldedVectorsMin = 4096;  // each is a code in memory that every search looks at
constexpr int64_t kUnfoldedVectorsShare = 16;
constexpr int64_t kUncoveredShare = 4;  // rows that are read at every lookup, of those in the index

bool IsDue(const std::vector<size_t>& uncovered, int64_t rows, const index::BTree& tree) {
  return uncovered.size() >= kUncoveredFragmentsMax ||
         rows >= std::max(kUncoveredRowsMin, tree.num_entries() / kUncoveredShare);
}

}  // namespace

std::vector<size_t> Uncovered(const table::Snapshot& snapshot, const index::BTree& tree) {
  std::vector<size_t> out;
  for (size_t i = 0; i < snapshot.num_fragments(); i++)
    if (!tree.Covers(snapshot.fragment(i).id())) out.push_back(i);
  return out;
}

Result<uint64_t> PublishIndex(std::shared_ptr<const table::Snapshot>& current, pb::IndexMetadata index,
                              std::vector<std::string> removed) {
  const std::string folder = current->paths().Index(table::UuidText(index.uuid()));
  table::Change change;
  change.kind = table::Change::Kind::kCreateIndex;
  change.new_indices.push_back(std::move(index));
  change.removed_indices = std::move(removed);
  auto committed = table::Commit(current, std::move(change));
  if (!committed && committed.error().code != Code::kCommitUnknown) (void)current->files()->fs().RemoveAll(folder);
  current = TRY(std::move(committed));
  return current->version();
}

Result<uint64_t> FoldKeyIndexes(std::shared_ptr<const table::Snapshot>& current, bool all) {
  uint64_t folded = 0;
  const pb::IndexSection indices = current->indices();
  for (const pb::IndexMetadata& index : indices.indices()) {
    if (index.index_details().type_url() != index::kBTreeDetailsUrl || index.fields_size() != 1) continue;
    const Field* column = current->FindField(index.fields(0));
    auto tree = index::BTree::Open(*current, index);
    if (!tree && tree.error().code == Code::kUnsupported) continue;
    if (!tree) return std::move(tree.error());
    const std::vector<size_t> uncovered = Uncovered(*current, **tree);
    int64_t rows = 0;
    for (size_t i : uncovered) rows += current->fragment(i).live_rows();
    const bool is_due = all ? !uncovered.empty() : IsDue(uncovered, rows, **tree);
    if (column == nullptr || !is_due) continue;
    Tell(current->paths().root, FoldPlan(static_cast<uint64_t>(rows), index.name()));
    auto written = TRY(index::WriteBTree(*current, column->name, index.name(), tree->get()));
    TRY(PublishIndex(current, std::move(written), {table::UuidText(index.uuid())}));
    folded++;
    Tell(current->paths().root, FoldDone(static_cast<uint64_t>(rows), index.name()));
  }
  return folded;
}

Result<uint64_t> FoldVectorIndexes(std::shared_ptr<const table::Snapshot>& current, bool all) {
  uint64_t folded = 0;
  const pb::IndexSection indices = current->indices();
  for (const pb::IndexMetadata& index : indices.indices()) {
    if (index.index_details().type_url() != vector::kVectorDetailsUrl || index.fields_size() != 1) continue;
    const Field* column = current->FindField(index.fields(0));
    if (column == nullptr || index.has_base_id() || !vector::IsOwnKind(index)) continue;
    const std::set<uint64_t> covered = TRY(index::CoveredFragments(*current, index));
    int64_t rows = 0, covered_rows = 0;
    size_t fragments = 0;
    for (size_t i = 0; i < current->num_fragments(); i++) {
      const bool is_covered = covered.contains(current->fragment(i).id());
      (is_covered ? covered_rows : rows) += current->fragment(i).live_rows();
      fragments += !is_covered;
    }
    const bool is_due =
        all ? fragments > 0 : rows >= std::max(kUnfoldedVectorsMin, covered_rows / kUnfoldedVectorsShare);
    if (!is_due) continue;
    Tell(current->paths().root, FoldPlan(static_cast<uint64_t>(rows), index.name()));
    auto written = vector::WriteVectorIndex(*current, column->name, index.name(), {}, &index);
    if (!written && written.error().code == Code::kUnsupported) continue;  // an older form of the same kind
    if (!written) return std::move(written.error());
    TRY(PublishIndex(current, *std::move(written), {table::UuidText(index.uuid())}));
    folded++;
    Tell(current->paths().root, FoldDone(static_cast<uint64_t>(rows), index.name()));
  }
  return folded;
}

}  // namespace squire::upkeep
