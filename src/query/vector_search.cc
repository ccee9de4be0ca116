// Searching vectors: through indexes where there are any, the rest row by row.

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "base/parallel.h"
#include "index/vector/exact.h"
#include "index/vector/vectors.h"
#include "query/live_rows.h"
#include "query/search.h"
#include "query/select_rows.h"
#include "query/selection.h"
#include "query/vector_cache.h"
#include "query/vector_plan.h"
#include "table/scan.h"

namespace squire::query {

namespace {

/// One bit a row: live and not null.
std::vector<uint64_t> SearchableBits(const Array& vectors, std::span<const uint8_t> live) {
  std::vector<uint64_t> bits((live.size() + 63) / 64);
  for (size_t row = 0; row < live.size(); row++) {
    if (live[row] && vectors.IsValid(static_cast<int64_t>(row))) bits[row / 64] |= uint64_t{1} << (row % 64);
  }
  return bits;
}

Result<void> CheckVectorColumn(const table::Projection& projection, std::span<const float> query) {
  const Field& field = projection.schema.fields[0];
  if (!vector::IsVectorType(field.type))
    return InvalidArgument("column '" + field.name + "' has type " + field.type.ToString() +
                           ", not a vector of floats");
  if (static_cast<size_t>(field.type.width) != query.size())
    return InvalidArgument("the query has " + std::to_string(query.size()) + " dimensions, column '" + field.name +
                           "' " + std::to_string(field.type.width));
  return {};
}

constexpr size_t kFewOf = 16;      // one row in so many is read by itself
constexpr uint64_t kFewRows = 96;  // so many are measured rather than looked for in an index
constexpr float kRefineFactor = 1.5f;
constexpr double kSpread = 0.15;  // measured: docs/vector_index.md

/// How an index is searched of which `wanted` of its `live` rows are to be looked at.
vector::ProbeOptions ProbesFor(const VectorSearchOptions& options, const vector::VectorIndex& index, uint64_t wanted,
                               uint64_t live) {
  vector::ProbeOptions out;
  const float factor = options.refine_factor > 0 ? options.refine_factor : kRefineFactor;
  out.keep = std::max(options.limit, static_cast<size_t>(std::ceil(static_cast<float>(options.limit) * factor)));
  const size_t probes = options.nprobes > 0 ? options.nprobes : index.DefaultProbes();
  // The nearest of few rows lie farther away, and in some more partitions.
  const double spread = std::pow(static_cast<double>(live) / static_cast<double>(wanted), kSpread);
  out.nprobes = static_cast<size_t>(
      std::min(static_cast<double>(index.num_partitions()), std::ceil(static_cast<double>(probes) * spread)));
  return out;
}

/// Rows of a range that count, by their place in it.
Result<std::vector<size_t>> FindSelected(const table::Snapshot& snapshot, const Selection& selection,
                                         const table::RowRange& range, std::vector<uint8_t>& live) {
  std::vector<size_t> selected;
  if (std::ranges::none_of(live, [](uint8_t row) { return row != 0; })) return selected;
  const Batch rows = TRY(table::ReadPhysicalRange(snapshot, selection.columns(), range));
  const auto keep = TRY(selection.Keep(rows));
  for (size_t row = 0; row < live.size(); row++) {
    live[row] &= keep[row];
    if (live[row]) selected.push_back(row);
  }
  return selected;
}

vector::RowBlock BlockOf(const Array& vectors, size_t dimension) {
  vector::RowBlock block;
  block.stride_bytes = dimension * sizeof(float);
  block.count = static_cast<size_t>(vectors.length);
  block.bytes = {reinterpret_cast<const uint8_t*>(vectors.children[0].values<float>().data()) +
                     static_cast<size_t>(vectors.offset) * block.stride_bytes,
                 block.count * block.stride_bytes};
  return block;
}

/// Measures a few rows, reading these alone.
Result<void> ReadAndMeasure(const table::Snapshot& snapshot, const table::Projection& projection, size_t dimension,
                            std::span<const uint64_t> addresses, vector::ExactSearch& search) {
  if (addresses.empty()) return {};
  const Batch rows = TRY(table::TakeRows(snapshot, projection, addresses));
  const Array vectors = TRY(vector::ToFloats(rows.columns[0]));
  const vector::RowBlock all = BlockOf(vectors, dimension);
  for (size_t row = 0; row < addresses.size(); row++) {
    if (!vectors.IsValid(static_cast<int64_t>(row))) continue;
    vector::RowBlock block = all;
    block.count = 1;
    block.bytes = all.bytes.subspan(row * all.stride_bytes, all.stride_bytes);
    block.first_row = addresses[row];
    TRY(search.AddBlock(block));
  }
  return {};
}

/// Measures a few rows, where they are in memory or by reading them.
Result<void> MeasureFew(const table::Snapshot& snapshot, const table::Projection& projection, size_t dimension,
                        std::span<const uint64_t> addresses, const VectorCache& cache, vector::ExactSearch& search) {
  std::vector<uint64_t> others;
  for (const uint64_t address : addresses) {
    const table::Fragment* fragment = snapshot.FindFragment(address >> 32);
    const uint64_t offset = address & 0xffffffff;
    const auto held = fragment == nullptr ? nullptr : cache.Find(*fragment, offset);
    const auto row = static_cast<int64_t>(offset % static_cast<uint64_t>(VectorCache::kRangeRows));
    if (held == nullptr || row >= held->length) {
      others.push_back(address);
      continue;
    }
    if (!held->IsValid(row)) continue;
    vector::RowBlock block = BlockOf(*held, dimension);
    block.count = 1;
    block.bytes = block.bytes.subspan(static_cast<size_t>(row) * block.stride_bytes, block.stride_bytes);
    block.first_row = address;
    TRY(search.AddBlock(block));
  }
  return ReadAndMeasure(snapshot, projection, dimension, others, search);
}

/// Measures all rows of the ranges that are selected.
Result<void> MeasureRanges(const table::Snapshot& snapshot, const table::Projection& projection,
                           const Selection& selection, std::span<const table::RowRange> ranges, size_t dimension,
                           int threads, const VectorCache& cache, vector::ExactSearch& search) {
  if (!ranges.empty()) cache.BeginSearch();
  const auto scan = [&](size_t i) -> Result<void> {
    auto live = TRY(LiveRows(snapshot, ranges[i]));
    const uint64_t first =
        table::RowAddress(snapshot.fragment(ranges[i].fragment).id(), static_cast<uint64_t>(ranges[i].first));
    if (!selection.passes_everything()) {
      const auto selected = TRY(FindSelected(snapshot, selection, ranges[i], live));
      if (selected.empty()) return {};
      if (selected.size() <= live.size() / kFewOf) {
        std::vector<uint64_t> addresses;
        for (const size_t row : selected) addresses.push_back(first + row);
        return MeasureFew(snapshot, projection, dimension, addresses, cache, search);
      }
    }
    const Array vectors = TRY(cache.Read(snapshot, projection, ranges[i]));
    const auto searchable = SearchableBits(vectors, live);
    vector::RowBlock block = BlockOf(vectors, dimension);
    block.live = searchable;
    block.first_row = first;
    return search.AddBlock(block);
  };
  return ParallelFor(ranges.size(), threads, scan);
}

/// What an index finds of the rows in `wanted`.
Result<std::vector<uint64_t>> FindNear(const vector::VectorIndex& index, std::span<const float> query,
                                       const vector::ProbeOptions& options, size_t limit, const vector::RowMask& wanted,
                                       std::span<const vector::Partition* const> fresh) {
  vector::ProbeOptions probe = options;
  auto found = TRY(index.Search(query, probe, wanted, fresh));
  if (found.size() < std::min<uint64_t>(limit, wanted.count())) {  // they lie in other partitions
    probe.nprobes = index.num_partitions();
    found = TRY(index.Search(query, probe, wanted, fresh));
  }
  std::vector<uint64_t> addresses;
  for (const simd::Neighbor& near : found) addresses.push_back(near.row);
  return addresses;
}

/// Searches the indexes of a plan and measures what they find. Returns the fragments whose rows are all to be measured.
Result<std::vector<size_t>> SearchIndexes(const table::Snapshot& snapshot, const VectorPlan& plan,
                                          const table::Projection& projection, std::span<const float> query,
                                          const vector::RowMask* selected, const VectorSearchOptions& options,
                                          const VectorCache& cache, vector::ExactSearch& search) {
  std::vector<size_t> left = plan.uncovered();
  for (size_t i = 0; i < plan.segments().size(); i++) {
    const VectorPlan::Segment& segment = plan.segments()[i];
    const vector::RowMask mask = selected == nullptr ? vector::RowMask() : segment.live.And(*selected);
    const vector::RowMask& wanted = selected == nullptr ? segment.live : mask;
    if (wanted.count() == 0) continue;
    std::vector<uint64_t> addresses;
    if (wanted.count() <= kFewRows) {
      wanted.ForEach([&](uint64_t address) { addresses.push_back(address); });
    } else {
      const auto fresh = i == 0 ? std::span(plan.fresh()) : std::span<const vector::Partition* const>();
      const auto probe = ProbesFor(options, *segment.index, wanted.count(), segment.live.count());
      auto found = FindNear(*segment.index, query, probe, options.limit, wanted, fresh);
      if (!found) {  // an index only says where to look
        Log(LogLevel::kWarn, "vectors are searched without an index: " + found.error().ToString());
        left.insert(left.end(), segment.fragments.begin(), segment.fragments.end());
        continue;
      }
      addresses = *std::move(found);
    }
    TRY(MeasureFew(snapshot, projection, query.size(), addresses, cache, search));
  }
  return left;
}

}  // namespace

Result<std::vector<Hit>> VectorSearch(const table::Snapshot& snapshot, std::span<const float> query,
                                      const VectorSearchOptions& options) {
  const auto selection = TRY(Selection::Make(snapshot, options.where, options.filter));
  const auto projection = TRY(table::Project(snapshot, std::vector{options.column}));
  TRY(CheckVectorColumn(projection, query));
  const vector::DistanceRange wanted{options.distance_above, options.distance_below};
  const simd::Metric metric = vector::KernelMetric(options.metric);
  auto search = TRY(vector::ExactSearch::Make(metric, query, options.limit, wanted));
  std::vector<Hit> hits;
  if (selection.passes_nothing() || options.limit == 0) return hits;
  const auto cache = VectorCache::Of(snapshot, projection.field_ids[0]);
  auto ranges = table::PlanRanges(snapshot, VectorCache::kRangeRows);
  std::shared_ptr<const VectorPlan> plan;
  if (options.use_index && !wanted.has_above())
    plan = TRY(VectorPlan::For(snapshot, projection.field_ids[0], query.size(), metric));
  if (plan != nullptr && !plan->segments().empty()) {
    std::shared_ptr<const vector::RowMask> selected;
    if (!selection.passes_everything())
      selected = TRY(SelectRows(snapshot, selection, options.filter ? "" : options.where, options.threads));
    const auto left = TRY(SearchIndexes(snapshot, *plan, projection, query, selected.get(), options, *cache, search));
    std::erase_if(ranges,
                  [&](const table::RowRange& range) { return std::ranges::find(left, range.fragment) == left.end(); });
  }
  TRY(MeasureRanges(snapshot, projection, selection, ranges, query.size(), options.threads, *cache, search));
  for (const simd::Neighbor& neighbor : search.Take()) hits.push_back({neighbor.row, -neighbor.distance});
  return hits;
}

}  // namespace squire::query
