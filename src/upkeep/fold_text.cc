#include <algorithm>
#include <map>

#include "index/text/write_index.h"
#include "upkeep/fold.h"
#include "upkeep/tell.h"

namespace squire::upkeep {
namespace {

constexpr int64_t kUnfoldedTextsMin = 1024;  // each is cut into words by every process that searches
constexpr uint64_t kEntriesMax = 16;         // of one index
constexpr uint64_t kDeadMin = 1024;          // documents of rows that are gone

/// An entry and what it still is good for.
struct Entry {
  pb::IndexMetadata index;
  uint64_t live_rows = 0;

  /// Mostly documents of rows that are gone.
  [[nodiscard]] bool is_hollow() const {
    return text::DocumentsOfTextIndex(index).value_or(0) > 2 * live_rows + kDeadMin;
  }
};

/// One index: its entries, and the fragments that none of them covers.
struct Index {
  std::vector<Entry> entries;
  std::set<uint64_t> uncovered;
  uint64_t uncovered_rows = 0;
};

Result<Index> Look(const table::Snapshot& snapshot, const std::string& name) {
  Index out;
  std::set<uint64_t> covered;
  for (const pb::IndexMetadata& index : snapshot.indices().indices()) {
    if (index.name() != name || !text::IsTextIndex(index)) continue;
    Entry entry{index, 0};
    for (const uint64_t id : TRY(text::CoveredByTextIndex(snapshot, index))) {
      const table::Fragment* fragment = snapshot.FindFragment(id);
      if (fragment != nullptr && covered.insert(id).second)
        entry.live_rows += static_cast<uint64_t>(fragment->live_rows());
    }
    out.entries.push_back(std::move(entry));
  }
  for (size_t i = 0; i < snapshot.num_fragments(); i++) {
    const table::Fragment& fragment = snapshot.fragment(i);
    if (covered.contains(fragment.id())) continue;
    out.uncovered.insert(fragment.id());
    out.uncovered_rows += static_cast<uint64_t>(fragment.live_rows());
  }
  return out;
}

/// The entries that are written anew along with the rows that are new: small ones first, as long as they are at most
/// twice what comes together; and hollow ones.
std::vector<pb::IndexMetadata> Choose(Index& index) {
  std::ranges::sort(index.entries, {}, &Entry::live_rows);
  std::vector<pb::IndexMetadata> out;
  uint64_t together = index.uncovered_rows;
  for (size_t i = 0; i < index.entries.size(); i++) {
    const Entry& entry = index.entries[i];
    if (entry.live_rows > 2 * together && index.entries.size() - i < kEntriesMax && !entry.is_hollow()) continue;
    together += entry.live_rows;
    out.push_back(entry.index);
  }
  return out;
}

}  // namespace

Result<uint64_t> FoldTextIndexes(std::shared_ptr<const table::Snapshot>& current, bool all) {
  uint64_t folded = 0;
  std::set<std::string> names;
  for (const pb::IndexMetadata& index : current->indices().indices())
    if (text::IsTextIndex(index)) names.insert(index.name());
  for (const std::string& name : names) {
    auto looked = Look(*current, name);
    if (!looked && looked.error().code == Code::kUnsupported) continue;
    if (!looked) return std::move(looked.error());
    const bool is_due = (all ? !looked->uncovered.empty() : looked->uncovered_rows >= kUnfoldedTextsMin) ||
                        std::ranges::any_of(looked->entries, &Entry::is_hollow);
    if (!is_due) continue;
    const auto& largest = *std::ranges::max_element(looked->entries, {}, &Entry::live_rows);
    auto opened = text::TextIndex::Open(*current, largest.index);
    if (!opened && opened.error().code == Code::kUnsupported) continue;
    if (!opened) return std::move(opened.error());
    text::TextIndexWork work;
    work.parameters = (*opened)->parameters();
    work.name = name;
    work.fragments = looked->uncovered;
    work.replaced = Choose(*looked);
    Tell(current->paths().root, FoldPlan(looked->uncovered_rows, name));
    auto written = text::WriteTextIndex(*current, work);
    if (!written && written.error().code == Code::kUnsupported) continue;  // by words that are not known here
    if (!written) return std::move(written.error());
    std::vector<std::string> removed;
    for (const pb::IndexMetadata& index : work.replaced) removed.push_back(table::UuidText(index.uuid()));
    TRY(PublishIndex(current, *std::move(written), std::move(removed)));
    folded++;
    Tell(current->paths().root, FoldDone(looked->uncovered_rows, name));
  }
  return folded;
}

}  // namespace squire::upkeep
