#include "query/search.h"

#include "base/parallel.h"
#include "index/text/bm25.h"
#include "index/vector/exact.h"
#include "query/selection.h"
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

/// Names without repeats, those that the selection looks at last.
std::vector<std::string> ColumnsFor(std::vector<std::string> columns, const Selection& selection) {
  for (const Field& field : selection.columns().schema.fields) {
    if (std::ranges::find(columns, field.name) == columns.end()) columns.push_back(field.name);
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
  if (field.type.id != TypeId::kFixedSizeList || field.type.children[0].type.id != TypeId::kFloat)
    return InvalidArgument("column '" + field.name + "' has type " + field.type.ToString() +
                           ", not a vector of floats");
  if (static_cast<size_t>(field.type.width) != query.size())
    return InvalidArgument("the query has " + std::to_string(query.size()) + " dimensions, column '" + field.name +
                           "' " + std::to_string(field.type.width));
  return {};
}

}  // namespace

namespace {

constexpr size_t kFewOf = 16;  // one row in so many is read by itself

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

/// Measures a few rows of a range, reading these alone.
Result<void> MeasureFew(const table::Snapshot& snapshot, const table::Projection& projection, size_t dimension,
                        std::span<const uint64_t> addresses, vector::ExactSearch& search) {
  const Batch rows = TRY(table::TakeRows(snapshot, projection, addresses));
  const Array& vectors = rows.columns[0];
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

}  // namespace

Result<std::vector<Hit>> VectorSearch(const table::Snapshot& snapshot, std::span<const float> query,
                                      const VectorSearchOptions& options) {
  const auto selection = TRY(Selection::Make(snapshot, options.where, options.filter));
  const auto projection = TRY(table::Project(snapshot, std::vector{options.column}));
  TRY(CheckVectorColumn(projection, query));
  auto search = TRY(vector::ExactSearch::Make(MetricOf(options.metric), query, options.limit));
  const auto ranges =
      selection.passes_nothing() ? std::vector<table::RowRange>() : table::PlanRanges(snapshot, kRangeRows);
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
        return MeasureFew(snapshot, projection, query.size(), addresses, search);
      }
    }
    const Batch rows = TRY(table::ReadPhysicalRange(snapshot, projection, ranges[i]));
    const Array& vectors = rows.columns[0];
    const auto searchable = SearchableBits(vectors, live);
    vector::RowBlock block = BlockOf(vectors, query.size());
    block.live = searchable;
    block.first_row = first;
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
  const auto selection = TRY(Selection::Make(snapshot, options.where, options.filter));
  const auto projection = TRY(table::Project(snapshot, ColumnsFor(columns, selection)));
  for (size_t i = 0; i < columns.size(); i++) {
    const TypeId id = projection.schema.fields[i].type.id;
    if (id != TypeId::kString && id != TypeId::kLargeString)
      return InvalidArgument("column '" + columns[i] + "' does not hold text");
  }
  text::TextScorer scorer(TRY(text::ParseTextQuery(text)));
  if (selection.passes_nothing()) return std::vector<Hit>();
  const auto ranges = table::PlanRanges(snapshot, kRangeRows);
  const auto scan = [&](size_t i) -> Result<void> {
    const auto live = TRY(LiveRows(snapshot, ranges[i]));
    const Batch rows = TRY(table::ReadPhysicalRange(snapshot, projection, ranges[i]));
    const auto keep = TRY(selection.Keep(rows));
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
