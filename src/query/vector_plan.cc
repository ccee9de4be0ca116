#include "query/vector_plan.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "index/coverage.h"
#include "index/vector/vectors.h"
#include "index/vector/write_index.h"
#include "query/live_rows.h"

namespace squire::query {
namespace {

constexpr int64_t kFreshRowsMax = 65'536;   // rows that are encoded in memory; about 300 bytes each
constexpr int64_t kMeasuredRowsMax = 4096;  // that a first search measures instead
constexpr int64_t kRangeRows = 4096;

std::string KeyOf(const table::Snapshot& snapshot, int32_t field_id, simd::Metric metric) {
  return "vectors " + std::to_string(field_id) + " " + std::string(simd::MetricName(metric)) + " " +
         snapshot.paths().root;
}

/// Whether an entry of the manifest may be of use for a column and metric.
bool IsWanted(const pb::IndexMetadata& index, int32_t field_id, simd::Metric metric) {
  if (index.index_details().type_url() != vector::kVectorDetailsUrl || index.has_base_id()) return false;
  if (index.fields_size() != 1 || index.fields(0) != field_id) return false;
  const auto of_index = vector::MetricOfIndex(index);
  if (of_index) return *of_index == metric;
  return of_index.error().code == Code::kUnsupported;  // its files are asked
}

}  // namespace

Result<void> VectorPlan::OpenSegments(const table::Snapshot& snapshot, int32_t field_id, size_t dim,
                                      simd::Metric metric, const VectorPlan* previous) {
  struct Found {
    std::shared_ptr<const vector::VectorIndex> index;
    std::set<uint64_t> covered;
    uint64_t rows = 0;
  };
  std::vector<Found> found;
  for (const pb::IndexMetadata& entry : snapshot.indices().indices()) {
    if (!IsWanted(entry, field_id, metric)) continue;
    const std::string folder = snapshot.paths().Index(table::UuidText(entry.uuid()));
    std::shared_ptr<const vector::VectorIndex> index;
    if (previous != nullptr && previous->opened_.contains(folder)) {
      index = previous->opened_.at(folder);
    } else {
      auto opened = vector::VectorIndex::Open(snapshot.files(), folder);
      if (!opened && opened.error().code == Code::kUnsupported) {
        if (previous == nullptr)  // once an open table
          Log(LogLevel::kWarn, "index '" + entry.name() + "' is not used: " + opened.error().message);
        continue;
      }
      if (!opened) {
        Log(LogLevel::kWarn, "index '" + entry.name() + "' is not used: " + opened.error().ToString());
        is_whole_ = false;
        continue;
      }
      index = *std::move(opened);
    }
    if (index->dim() != dim || index->metric() != metric) continue;
    opened_[folder] = index;
    Found one{index, TRY(index::CoveredFragments(snapshot, entry)), 0};
    for (const uint64_t id : one.covered)
      if (const table::Fragment* fragment = snapshot.FindFragment(id))
        one.rows += static_cast<uint64_t>(fragment->live_rows());
    found.push_back(std::move(one));
  }
  // The index with the most rows first; of the others what is not in those before.
  std::ranges::stable_sort(found, std::greater(), &Found::rows);
  std::set<uint64_t> seen;
  for (Found& one : found) {
    Segment segment{std::move(one.index), {}, {}};
    std::set<uint64_t> ids;
    for (const uint64_t id : one.covered) {
      table::Fragment* fragment = snapshot.FindFragment(id);
      if (fragment == nullptr || !seen.insert(id).second) continue;
      segment.live.Add(id, TRY(LiveBits(*fragment)));
      ids.insert(id);
    }
    for (size_t i = 0; i < snapshot.num_fragments(); i++)
      if (ids.contains(snapshot.fragment(i).id())) segment.fragments.push_back(i);
    if (segment.live.count() > 0 || segments_.empty()) segments_.push_back(std::move(segment));
  }
  for (size_t i = 0; i < snapshot.num_fragments(); i++)
    if (!seen.contains(snapshot.fragment(i).id())) uncovered_.push_back(i);
  return {};
}

Result<void> VectorPlan::EncodeFresh(const table::Snapshot& snapshot, int32_t field_id, const VectorPlan* previous) {
  Segment& segment = segments_[0];
  const Field* field = snapshot.FindField(field_id);
  if (field == nullptr || !vector::IsVectorType(field->type)) return {};
  table::Projection column;
  column.schema.fields = {*field};
  column.field_ids = {field_id};
  const bool is_same_index =
      previous != nullptr && !previous->segments_.empty() && previous->segments_[0].index == segment.index;
  std::vector<size_t> left;
  std::vector<std::pair<uint64_t, std::vector<uint64_t>>> live;
  int64_t rows = 0;
  for (const size_t i : uncovered_) {
    table::Fragment& fragment = snapshot.fragment(i);
    rows += fragment.physical_rows();
    if (rows > kFreshRowsMax) {
      rows -= fragment.physical_rows();
      left.push_back(i);
      continue;
    }
    std::shared_ptr<const vector::Partition> codes;
    if (is_same_index && previous->fresh_by_fragment_.contains(fragment.id()))
      codes = previous->fresh_by_fragment_.at(fragment.id());
    if (codes == nullptr) {
      vector::VectorRows all;
      for (int64_t first = 0; first < fragment.physical_rows(); first += kRangeRows) {
        const int64_t count = std::min(kRangeRows, fragment.physical_rows() - first);
        const vector::VectorRows some = TRY(vector::ReadVectors(snapshot, column, {i, first, count}));
        all.values.insert(all.values.end(), some.values.begin(), some.values.end());
        all.addresses.insert(all.addresses.end(), some.addresses.begin(), some.addresses.end());
      }
      codes = std::make_shared<const vector::Partition>(TRY(segment.index->Encode(all.values, all.addresses)));
    }
    fresh_by_fragment_[fragment.id()] = codes;
    fresh_.push_back(codes.get());
    live.emplace_back(fragment.id(), TRY(LiveBits(fragment)));
    segment.fragments.push_back(i);
  }
  for (auto& [id, bits] : live) segment.live.Add(id, std::move(bits));
  uncovered_ = std::move(left);
  return {};
}

int64_t VectorPlan::CountUncovered(const table::Snapshot& snapshot) const {
  int64_t rows = 0;
  for (const size_t i : uncovered_) rows += snapshot.fragment(i).physical_rows();
  return rows;
}

Result<std::shared_ptr<const VectorPlan>> VectorPlan::For(const table::Snapshot& snapshot, int32_t field_id, size_t dim,
                                                          simd::Metric metric) {
  const std::string key = KeyOf(snapshot, field_id, metric);
  const auto previous = snapshot.files()->Recall<VectorPlan>(key);
  if (previous != nullptr && previous->version_ == snapshot.version() && previous->is_encoded_) return previous;
  std::shared_ptr<VectorPlan> plan(new VectorPlan());
  plan->version_ = snapshot.version();
  // Entries name rows by their address; with stable row ids they would name them by those.
  const bool has_addresses = (snapshot.manifest().reader_feature_flags() & lance::kFlagStableRowIds) == 0;
  if (has_addresses) TRY(plan->OpenSegments(snapshot, field_id, dim, metric, previous.get()));
  // The first search of a handle measures a few new rows, which is less than to encode them; there may be no second.
  plan->is_encoded_ =
      previous != nullptr || plan->segments_.empty() || plan->CountUncovered(snapshot) > kMeasuredRowsMax;
  if (plan->is_encoded_ && !plan->segments_.empty() && plan->segments_[0].index->can_encode())
    TRY(plan->EncodeFresh(snapshot, field_id, previous.get()));
  if (plan->is_whole_) snapshot.files()->Remember(key, plan);
  return std::shared_ptr<const VectorPlan>(std::move(plan));
}

}  // namespace squire::query
