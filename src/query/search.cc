#include "query/search.h"

#include "base/parallel.h"
#include "index/text/bm25.h"
#include "index/vector/exact.h"
#include "query/filter.h"
#include "table/scan.h"

namespace squire::query {
namespace {

constexpr int64_t kRangeRows = 4096;  // 6 MiB of 384 floats: enough to read well, little enough to share out

simd::Metric MetricOf(Metric metric) {
  switch (metric) {
    case Metric::kL2: return simd::Metric::kL2;
    case Metric::kCosine: return simd::Metric::kCosine;
    case Metric::kDot: return simd::Metric::kDot;
  }
  return simd::Metric::kL2;
}

/// Names without repeats, the filter's last.
std::vector<std::string> ColumnsFor(std::vector<std::string> columns, const std::optional<RowFilter>& filter) {
  if (!filter) return columns;
  for (const std::string& column : filter->columns) {
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  }
  return columns;
}

/// One byte a row of a range: 1 when it is not deleted.
Result<std::vector<uint8_t>> LiveRows(const table::Snapshot& snapshot, const table::RowRange& range) {
  const lance::RowSet& deleted = *TRY(snapshot.fragment(range.fragment).Deleted());
  std::vector<uint8_t> live(static_cast<size_t>(range.count), 1);
  if (deleted.empty()) return live;
  for (size_t row = 0; row < live.size(); row++)
    live[row] = !deleted.Contains(static_cast<uint64_t>(range.first) + row);
  return live;
}

/// One bit a row: live, kept and not null.
std::vector<uint64_t> SearchableBits(const Array& vectors, std::span<const uint8_t> live,
                                     std::span<const uint8_t> keep) {
  std::vector<uint64_t> bits((keep.size() + 63) / 64);
  for (size_t row = 0; row < keep.size(); row++) {
    if (live[row] && keep[row] && vectors.IsValid(static_cast<int64_t>(row)))
      bits[row / 64] |= uint64_t{1} << (row % 64);
  }
  return bits;
}

Result<void> CheckVectorColumn(const table::Projection& projection, std::span<const float> query) {
  const Field& field = projection.schema.fields[0];
  if (field.type.id != TypeId::kFixedSizeList || field.type.children[0].type.id != TypeId::kFloat)
    return InvalidArgument("column '" + field.name + "' has type " + field.type.ToString() +
                           ", not a vector of floats");
  if (static_cast<size_t>(field.type.width) != query.size())
    return InvalidArgument("the query has " + std::to_string(query.size()) + " dimensions, column '" + field.name +
                           "' " + std::to_string(field.type.width));
  return {};
}

}  // namespace

Result<std::vector<Hit>> VectorSearch(const table::Snapshot& snapshot, std::span<const float> query,
                                      const VectorSearchOptions& options) {
  const auto projection = TRY(table::Project(snapshot, ColumnsFor({options.column}, options.filter)));
  TRY(CheckVectorColumn(projection, query));
  auto search = TRY(vector::ExactSearch::Make(MetricOf(options.metric), query, options.limit));
  const auto ranges = table::PlanRanges(snapshot, kRangeRows);
  const auto scan = [&](size_t i) -> Result<void> {
    const auto live = TRY(LiveRows(snapshot, ranges[i]));
    const Batch rows = TRY(table::ReadPhysicalRange(snapshot, projection, ranges[i]));
    const Array& vectors = rows.columns[0];
    const auto searchable = SearchableBits(vectors, live, TRY(Keep(options.filter, rows)));
    vector::RowBlock block;
    block.stride_bytes = query.size() * sizeof(float);
    block.count = static_cast<size_t>(vectors.length);
    block.bytes = {reinterpret_cast<const uint8_t*>(vectors.children[0].values<float>().data()) +
                       static_cast<size_t>(vectors.offset) * block.stride_bytes,
                   block.count * block.stride_bytes};
    block.live = searchable;
    block.first_row =
        table::RowAddress(snapshot.fragment(ranges[i].fragment).id(), static_cast<uint64_t>(ranges[i].first));
    return search.AddBlock(block);
  };
  TRY(ParallelFor(ranges.size(), options.threads, scan));
  std::vector<Hit> hits;
  for (const simd::Neighbor& neighbor : search.Take()) hits.push_back({neighbor.row, -neighbor.distance});
  return hits;
}

Result<std::vector<Hit>> TextSearch(const table::Snapshot& snapshot, const std::string& text,
                                    const TextSearchOptions& options) {
  std::vector<std::string> columns = {options.text_column};
  const size_t name_at = options.name_column.empty() ? 0 : columns.size();
  if (name_at > 0) columns.push_back(options.name_column);
  const size_t path_at = options.path_column.empty() ? 0 : columns.size();
  if (path_at > 0) columns.push_back(options.path_column);
  const auto projection = TRY(table::Project(snapshot, ColumnsFor(columns, options.filter)));
  for (size_t i = 0; i < columns.size(); i++) {
    const TypeId id = projection.schema.fields[i].type.id;
    if (id != TypeId::kString && id != TypeId::kLargeString)
      return InvalidArgument("column '" + columns[i] + "' does not hold text");
  }
  text::TextScorer scorer(TRY(text::ParseTextQuery(text)));
  const auto ranges = table::PlanRanges(snapshot, kRangeRows);
  const auto scan = [&](size_t i) -> Result<void> {
    const auto live = TRY(LiveRows(snapshot, ranges[i]));
    const Batch rows = TRY(table::ReadPhysicalRange(snapshot, projection, ranges[i]));
    const auto keep = TRY(Keep(options.filter, rows));
    const uint64_t first =
        table::RowAddress(snapshot.fragment(ranges[i].fragment).id(), static_cast<uint64_t>(ranges[i].first));
    const auto value = [&](size_t column, size_t row) {
      const Array& array = rows.columns[column];
      const auto at = static_cast<int64_t>(row);
      return array.IsValid(at) ? array.Text(at) : std::string_view();
    };
    std::vector<text::TextDocument> documents;
    documents.reserve(keep.size());
    for (size_t row = 0; row < keep.size(); row++) {
      if (!live[row]) continue;
      text::TextDocument document{first + row, value(0, row), {}, {}, keep[row] != 0};
      if (name_at > 0) document.name = value(name_at, row);
      if (path_at > 0) document.path = value(path_at, row);
      documents.push_back(document);
    }
    scorer.AddBatch(documents);
    return {};
  };
  TRY(ParallelFor(ranges.size(), options.threads, scan));
  std::vector<Hit> hits;
  for (const text::TextHit& hit : scorer.Finish(options.limit))
    hits.push_back({hit.row, static_cast<float>(hit.score)});
  return hits;
}

}  // namespace squire::query
