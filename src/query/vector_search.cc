// Searching vectors: through indexes where there are any, the rest row by row.

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "base/parallel.h"
#include "index/vector/vectors.h"
#include "query/measure_rows.h"
#include "query/search.h"
#include "query/select_rows.h"
#include "query/selection.h"
#include "query/vector_plan.h"
#include "table/scan.h"

namespace squire::query {
namespace {

constexpr uint64_t kFewRows = 96;  // so many are measured rather than looked for in an index
constexpr uint64_t kRowCost = 24;  // of measuring a row that is in memory, in rows that an index looks at
constexpr double kSpread = 0.15;   // measured: docs/vector_index.md

using Addresses = std::vector<uint64_t>;

/// The queries, one after the other, each of the column's dimension.
struct Queries {
  std::span<const float> values;
  size_t dim = 0;

  [[nodiscard]] size_t count() const { return values.size() / dim; }
  [[nodiscard]] std::span<const float> operator[](size_t i) const { return values.subspan(i * dim, dim); }
};

Result<void> CheckVectorColumn(const Field& field) {
  if (vector::IsVectorType(field.type)) return {};
  return InvalidArgument("column '" + field.name + "' has type " + field.type.ToString() + ", not a vector of floats");
}

Error OfAnotherSize(const std::string& column, size_t dim, size_t query_dim) {
  return InvalidArgument("the query has " + std::to_string(query_dim) + " dimensions, column '" + column + "' " +
                         std::to_string(dim));
}

/// How an index is searched of which `wanted` of its `live` rows are to be looked at.
vector::ProbeOptions ProbesFor(const VectorSearchOptions& options, const vector::VectorIndex& index, uint64_t wanted,
                               uint64_t live) {
  vector::ProbeOptions out;
  const float factor = options.refine_factor > 0 ? options.refine_factor : index.DefaultRefine();
  out.keep = std::max(options.limit, static_cast<size_t>(std::ceil(static_cast<float>(options.limit) * factor)));
  const size_t probes = options.nprobes > 0 ? options.nprobes : index.DefaultProbes();
  // The nearest of few rows lie farther away, and in some more partitions.
  const double spread = std::pow(static_cast<double>(live) / static_cast<double>(wanted), kSpread);
  out.nprobes = static_cast<size_t>(
      std::min(static_cast<double>(index.num_partitions()), std::ceil(static_cast<double>(probes) * spread)));
  return out;
}

/// What an index finds of the rows in `wanted`.
Result<Addresses> FindNear(const vector::VectorIndex& index, std::span<const float> query,
                           const vector::ProbeOptions& options, size_t limit, const vector::RowMask& wanted,
                           std::span<const vector::Partition* const> fresh) {
  vector::ProbeOptions probe = options;
  auto found = TRY(index.Search(query, probe, wanted, fresh));
  if (found.size() < std::min<uint64_t>(limit, wanted.count())) {  // they lie in other partitions
    probe.nprobes = index.num_partitions();
    found = TRY(index.Search(query, probe, wanted, fresh));
  }
  Addresses addresses;
  for (const simd::Neighbor& near : found) addresses.push_back(near.row);
  return addresses;
}

/// One search of a version, for one or more queries.
class Search {
 public:
  Search(const table::Snapshot& snapshot, const VectorSearchOptions& options, const table::Projection& column)
      : snapshot_(snapshot),
        options_(options),
        cache_(VectorCache::Of(snapshot, column.field_ids[0])),
        rows_(snapshot, column, *cache_) {}

  /// Looks at the rows in `selected` (null: all that are live), through `plan` (null: one by one).
  Result<void> Run(const VectorPlan* plan, const vector::RowMask* selected, const Queries& queries,
                   std::span<vector::ExactSearch> searches) {
    auto ranges = table::PlanRanges(snapshot_, VectorCache::kRangeRows);
    if (plan != nullptr && !plan->segments().empty()) {
      measured_ = plan->uncovered();
      for (size_t i = 0; i < plan->segments().size(); i++) TRY(AskIndex(*plan, i, selected, queries, searches));
      std::erase_if(ranges, [&](const table::RowRange& range) {
        return std::ranges::find(measured_, range.fragment) == measured_.end();
      });
    }
    return rows_.Ranges(ranges, selected, options_.threads, searches);
  }

 private:
  Result<void> AskIndex(const VectorPlan& plan, size_t number, const vector::RowMask* selected, const Queries& queries,
                        std::span<vector::ExactSearch> searches);
  /// Whether measuring the rows of a segment costs less than to look for them.
  [[nodiscard]] bool IsMeasured(const VectorPlan::Segment& segment, const vector::RowMask& wanted,
                                const vector::ProbeOptions& probe) const;

  const table::Snapshot& snapshot_;
  const VectorSearchOptions& options_;
  std::shared_ptr<const VectorCache> cache_;
  RowMeasurer rows_;
  std::vector<size_t> measured_;  // fragments, all of whose rows are
};

bool Search::IsMeasured(const VectorPlan::Segment& segment, const vector::RowMask& wanted,
                        const vector::ProbeOptions& probe) const {
  const vector::VectorIndex& index = *segment.index;
  const uint64_t looked_at = probe.nprobes * (index.num_rows() / index.num_partitions());
  if (wanted.count() * kRowCost > looked_at) return false;
  return std::ranges::all_of(segment.fragments, [&](size_t i) {
    const table::Fragment& fragment = snapshot_.fragment(i);
    return cache_->Holds(fragment, wanted.WordsOf(fragment.id()));
  });
}

Result<void> Search::AskIndex(const VectorPlan& plan, size_t number, const vector::RowMask* selected,
                              const Queries& queries, std::span<vector::ExactSearch> searches) {
  const VectorPlan::Segment& segment = plan.segments()[number];
  const vector::RowMask mask = selected == nullptr ? vector::RowMask() : segment.live.And(*selected);
  const vector::RowMask& wanted = selected == nullptr ? segment.live : mask;
  if (wanted.count() == 0) return {};
  if (wanted.count() <= kFewRows) {
    Addresses addresses;
    wanted.ForEach([&](uint64_t address) { addresses.push_back(address); });
    for (vector::ExactSearch& search : searches) TRY(rows_.Few(addresses, search));
    return {};
  }
  const auto probe = ProbesFor(options_, *segment.index, wanted.count(), segment.live.count());
  if (IsMeasured(segment, wanted, probe)) {
    measured_.insert(measured_.end(), segment.fragments.begin(), segment.fragments.end());
    return {};
  }
  const auto fresh = number == 0 ? std::span(plan.fresh()) : std::span<const vector::Partition* const>();
  std::vector<Addresses> found(queries.count());
  const auto find = [&](size_t i) -> Result<void> {
    auto near = FindNear(*segment.index, queries[i], probe, options_.limit, wanted, fresh);
    if (!near) return std::move(near.error());
    found[i] = *std::move(near);
    return {};
  };
  if (const auto all = ParallelFor(found.size(), options_.threads, find); !all) {  // an index only says where to look
    Log(LogLevel::kWarn, "vectors are searched without an index: " + all.error().ToString());
    measured_.insert(measured_.end(), segment.fragments.begin(), segment.fragments.end());
    return {};
  }
  return ParallelFor(found.size(), options_.threads, [&](size_t i) { return rows_.Few(found[i], searches[i]); });
}

}  // namespace

Result<std::vector<std::vector<Hit>>> VectorSearchMany(const table::Snapshot& snapshot, std::span<const float> values,
                                                       const VectorSearchOptions& options) {
  const auto selection = TRY(Selection::Make(snapshot, options.where, options.filter));
  const auto column = TRY(table::Project(snapshot, std::vector{options.column}));
  const Field& field = column.schema.fields[0];
  TRY(CheckVectorColumn(field));
  const Queries queries{values, static_cast<size_t>(field.type.width)};
  if (values.size() % queries.dim != 0) return OfAnotherSize(field.name, queries.dim, values.size());
  const vector::DistanceRange wanted{options.distance_above, options.distance_below};
  const simd::Metric metric = vector::KernelMetric(options.metric);
  std::vector<vector::ExactSearch> searches;
  searches.reserve(queries.count());
  for (size_t i = 0; i < queries.count(); i++) {
    auto search = vector::ExactSearch::Make(metric, queries[i], options.limit, wanted);
    if (!search) return std::move(search.error());
    searches.push_back(*std::move(search));
  }
  std::vector<std::vector<Hit>> hits(searches.size());
  if (selection.passes_nothing() || options.limit == 0 || hits.empty()) return hits;
  std::shared_ptr<const VectorPlan> plan;
  if (options.use_index && !wanted.has_above())
    plan = TRY(VectorPlan::For(snapshot, column.field_ids[0], queries.dim, metric));
  std::shared_ptr<const vector::RowMask> selected;
  if (!selection.passes_everything())
    selected = TRY(SelectRows(snapshot, selection, options.filter ? "" : options.where, options.threads));
  TRY(Search(snapshot, options, column).Run(plan.get(), selected.get(), queries, searches));
  for (size_t i = 0; i < hits.size(); i++)
    for (const simd::Neighbor& neighbor : searches[i].Take()) hits[i].push_back({neighbor.row, -neighbor.distance});
  return hits;
}

Result<std::vector<Hit>> VectorSearch(const table::Snapshot& snapshot, std::span<const float> query,
                                      const VectorSearchOptions& options) {
  auto hits = VectorSearchMany(snapshot, query, options);
  if (!hits) return std::move(hits.error());
  if (hits->empty()) return InvalidArgument("the query vector has no dimensions");
  if (hits->size() > 1) return OfAnotherSize(options.column, query.size() / hits->size(), query.size());
  return std::move(hits->front());
}

}  // namespace squire::query
