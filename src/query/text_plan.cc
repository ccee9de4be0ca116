#include "query/text_plan.h"

#include <algorithm>

#include "base/log.h"
#include "base/try.h"
#include "index/text/part_builder.h"
#include "query/live_rows.h"
#include "table/scan.h"

namespace squire::query {
namespace {

constexpr int64_t kFreshRowsMax = 16'384;            // held in memory
constexpr size_t kFreshBytesMax = size_t{64} << 20;  // of one part of them
constexpr size_t kListBytesMax = size_t{64} << 20;
constexpr int64_t kFreshGrowth = 6;  // a part of them is at least so many times as large as the next
constexpr int64_t kRangeRows = 1024;

std::string KeyOf(const table::Snapshot& snapshot, std::span<const int32_t> field_ids) {
  std::string key = "words";
  for (const int32_t id : field_ids) key += ' ' + std::to_string(id);
  return key + ' ' + snapshot.paths().root;
}

std::string FilesOf(const table::Fragment& fragment) {
  std::string out;
  for (const pb::DataFile& file : fragment.meta().files()) out += file.path() + '\n';
  return out;
}

/// Whether an index is of just these columns.
bool IsOf(const text::TextIndexParameters& parameters, std::span<const int32_t> field_ids) {
  return parameters.columns.size() == field_ids.size() &&
         std::ranges::all_of(parameters.columns, [&](const text::TextIndexParameters::Column& column) {
           return std::ranges::find(field_ids, column.field_id) != field_ids.end();
         });
}

/// Whether all rows of a part's documents are of some fragments. Counting rows would not tell: some have no words.
bool IsAllOf(const text::SearchedPart& part, const std::set<uint64_t>& fragments) {
  return std::ranges::all_of(part.fragments(), [&](uint64_t id) { return fragments.contains(id); });
}

size_t IndexOf(const table::Snapshot& snapshot, uint64_t id) {
  for (size_t i = 0; i < snapshot.num_fragments(); i++)
    if (snapshot.fragment(i).id() == id) return i;
  return snapshot.num_fragments();
}

}  // namespace

Result<table::Projection> ProjectTexts(const table::Snapshot& snapshot, const text::TextIndexParameters& parameters) {
  table::Projection out;
  for (const auto& column : parameters.columns) {
    const Field* field = snapshot.FindField(column.field_id);
    if (field == nullptr || (field->type.id != TypeId::kString && field->type.id != TypeId::kLargeString))
      return NotFound("a text index is of a column that is not there");
    out.schema.fields.push_back(*field);
    out.field_ids.push_back(column.field_id);
  }
  return out;
}

text::Bm25Options TextPlan::Scale(text::Bm25Options options) const {
  options.k1 *= scale_;
  return options;
}

Result<void> TextPlan::AddPart(const table::Snapshot& snapshot, const Fresh& fresh) {
  auto mask = std::make_shared<vector::RowMask>();
  std::set<uint64_t> whole;
  for (const auto& [id, source] : fresh.fragments) {
    table::Fragment* fragment = snapshot.FindFragment(id);
    if (fragment == nullptr) continue;
    mask->Add(id, TRY(LiveBits(*fragment)));
    if (fragment->live_rows() == source.rows) whole.insert(id);
  }
  parts_.push_back(fresh.part);
  live_.push_back(std::move(mask));
  is_all_live_ = is_all_live_ && IsAllOf(*fresh.part, whole);
  return {};
}

Result<void> TextPlan::AddIndex(const table::Snapshot& snapshot, const Opened& opened, const std::set<uint64_t>& ids,
                                std::set<uint64_t>& seen) {
  auto mask = std::make_shared<vector::RowMask>();
  std::set<uint64_t> whole;
  for (const uint64_t id : ids) {
    table::Fragment* fragment = snapshot.FindFragment(id);
    if (fragment == nullptr || !seen.insert(id).second) continue;
    mask->Add(id, TRY(LiveBits(*fragment)));
    if (fragment->live_rows() == fragment->physical_rows()) whole.insert(id);
  }
  for (const PartPtr& part : opened.parts) {
    parts_.push_back(part);
    live_.push_back(mask);
    is_all_live_ = is_all_live_ && IsAllOf(*part, whole);
  }
  return {};
}

Result<void> TextPlan::OpenIndexes(const table::Snapshot& snapshot, std::span<const int32_t> field_ids,
                                   const TextPlan* previous) {
  struct Found {
    Opened opened;
    std::set<uint64_t> ids;
    int64_t rows = 0;
  };
  std::vector<Found> found;
  for (const pb::IndexMetadata& entry : snapshot.indices().indices()) {
    if (!text::IsTextIndex(entry) || entry.has_base_id()) continue;
    Opened opened;
    const auto known = previous == nullptr ? opened_.end() : previous->opened_.find(entry.uuid().SerializeAsString());
    if (previous != nullptr && known != previous->opened_.end()) {
      opened = known->second;
    } else {
      auto index = text::TextIndex::Open(snapshot, entry);
      if (!index) {
        Log(LogLevel::kWarn, "index '" + entry.name() + "' is not used: " + index.error().ToString());
        is_whole_ = is_whole_ && index.error().code == Code::kUnsupported;
        continue;
      }
      opened.index = *std::move(index);
    }
    opened_[entry.uuid().SerializeAsString()] = opened;
    if (!IsOf(opened.index->parameters(), field_ids)) continue;
    Found one{std::move(opened), TRY(text::CoveredByTextIndex(snapshot, entry)), 0};
    for (const uint64_t id : one.ids)
      if (const table::Fragment* fragment = snapshot.FindFragment(id)) one.rows += fragment->live_rows();
    found.push_back(std::move(one));
  }
  // The index with the most rows first, and of the others those that are made like it.
  std::ranges::stable_sort(found, std::greater(), &Found::rows);
  std::set<uint64_t> seen;
  for (Found& one : found) {
    if (analyzer_ == nullptr) {
      const auto& made = one.opened.index->parameters();
      auto analyzer = text::Analyzer::FromJson(made.analyzer, made.stop_words);
      if (!analyzer) {
        Log(LogLevel::kWarn, "a text index is not used: " + analyzer.error().ToString());
        continue;
      }
      analyzer_ = *std::move(analyzer);
      parameters_ = one.opened.index->parameters();
      for (const auto& column : parameters_.columns)
        if (column.field_id == field_ids[0]) scale_ = column.boost;
    } else if (!one.opened.index->parameters().IsMadeLike(parameters_)) {
      continue;
    }
    if (one.opened.parts.empty()) {
      const text::Bm25Options usual = Scale({});
      for (const auto& part : one.opened.index->parts())
        one.opened.parts.push_back(std::make_shared<const text::SearchedPart>(part, cache_, usual));
      for (auto& [uuid, opened] : opened_)
        if (opened.index == one.opened.index) opened = one.opened;
    }
    TRY(AddIndex(snapshot, one.opened, one.ids, seen));
  }
  for (size_t i = 0; i < snapshot.num_fragments(); i++)
    if (!seen.contains(snapshot.fragment(i).id())) uncovered_.push_back(i);
  return {};
}

Result<TextPlan::PartPtr> TextPlan::ReadFresh(const table::Snapshot& snapshot,
                                              std::span<const size_t> fragments) const {
  const auto columns = TRY(ProjectTexts(snapshot, parameters_));
  text::PartBuilder builder(parameters_.with_positions);
  for (const size_t fragment : fragments) {
    const int64_t all = snapshot.fragment(fragment).physical_rows();
    for (int64_t first = 0; first < all; first += kRangeRows) {
      const auto rows = TRY(table::ReadRange(snapshot, columns, {fragment, first, std::min(kRangeRows, all - first)}));
      for (int64_t row = 0; row < rows.batch.num_rows; row++) {
        ForEachWordOf(
            *analyzer_, parameters_, rows.batch, row,
            [&](std::string_view word, uint32_t position, uint32_t boost) { builder.AddWord(word, position, boost); });
        if (builder.has_words()) builder.EndDocument(rows.addresses[static_cast<size_t>(row)]);
      }
      if (builder.size_bytes() > kFreshBytesMax) return PartPtr();
    }
  }
  return std::make_shared<const text::SearchedPart>(text::TextPart::Make(builder.Finish()), cache_, Scale({}));
}

void TextPlan::Keep(Fresh fresh, std::set<uint64_t>& held) {
  for (const auto& [id, source] : fresh.fragments) held.insert(id);
  fresh_.push_back(std::move(fresh));
}

/// Rows that no index has: parts in memory each of which is several times as large as the next, so that a row is read
/// again a few times at most and the parts stay few.
Result<void> TextPlan::AddFresh(const table::Snapshot& snapshot, const TextPlan* previous) {
  std::set<uint64_t> wanted, held;
  for (const size_t i : uncovered_) wanted.insert(snapshot.fragment(i).id());
  int64_t rows = 0;
  const bool is_alike = previous != nullptr && previous->parameters_ == parameters_ && previous->cache_ == cache_;
  for (const Fresh& before : is_alike ? previous->fresh_ : std::vector<Fresh>()) {
    Fresh fresh{{}, before.part};
    int64_t live = 0;
    for (const auto& [id, source] : before.fragments) {
      const table::Fragment* fragment = wanted.contains(id) ? snapshot.FindFragment(id) : nullptr;
      if (fragment == nullptr || FilesOf(*fragment) != source.files || fragment->live_rows() > source.rows) continue;
      fresh.fragments[id] = source;
      live += fragment->live_rows();
    }
    if (2 * live < static_cast<int64_t>(fresh.part->part().num_documents())) continue;  // most of it is gone
    rows += static_cast<int64_t>(fresh.part->part().num_documents());
    Keep(std::move(fresh), held);
  }
  std::vector<size_t> left, added;
  int64_t added_rows = 0;
  for (const size_t i : uncovered_) {
    const table::Fragment& fragment = snapshot.fragment(i);
    if (held.contains(fragment.id())) continue;
    const bool fits = rows + added_rows + fragment.live_rows() <= kFreshRowsMax;
    (fits ? added : left).push_back(i);
    if (fits) added_rows += fragment.live_rows();
  }
  while (!added.empty() && !fresh_.empty() &&
         static_cast<int64_t>(fresh_.back().part->part().num_documents()) <= kFreshGrowth * added_rows) {
    for (const auto& [id, source] : fresh_.back().fragments) added.push_back(IndexOf(snapshot, id));
    added_rows += static_cast<int64_t>(fresh_.back().part->part().num_documents());
    fresh_.pop_back();
  }
  std::ranges::sort(added);
  if (!added.empty()) {
    Fresh fresh;
    fresh.part = TRY(ReadFresh(snapshot, added));
    for (const size_t i : added) {
      const table::Fragment& fragment = snapshot.fragment(i);
      fresh.fragments[fragment.id()] = {FilesOf(fragment), fragment.live_rows()};
    }
    if (fresh.part != nullptr)
      fresh_.push_back(std::move(fresh));
    else
      left.insert(left.end(), added.begin(), added.end());
  }
  for (const Fresh& fresh : fresh_) TRY(AddPart(snapshot, fresh));
  std::ranges::sort(left);
  uncovered_ = std::move(left);
  return {};
}

Result<std::shared_ptr<const TextPlan>> TextPlan::For(const table::Snapshot& snapshot,
                                                      std::span<const int32_t> field_ids) {
  const std::string key = KeyOf(snapshot, field_ids);
  const auto previous = snapshot.files()->Recall<TextPlan>(key);
  if (previous != nullptr && previous->version_ == snapshot.version()) return previous;
  std::shared_ptr<TextPlan> plan(new TextPlan());
  plan->version_ = snapshot.version();
  plan->cache_ = previous != nullptr ? previous->cache_ : std::make_shared<text::ListCache>(kListBytesMax);
  // Entries name rows by their address; with stable row ids they would name them by those.
  const bool has_addresses = (snapshot.manifest().reader_feature_flags() & lance::kFlagStableRowIds) == 0;
  if (has_addresses) TRY(plan->OpenIndexes(snapshot, field_ids, previous.get()));
  if (plan->has_index()) TRY(plan->AddFresh(snapshot, previous.get()));
  if (plan->is_whole_) snapshot.files()->Remember(key, plan);
  return std::shared_ptr<const TextPlan>(std::move(plan));
}

}  // namespace squire::query
