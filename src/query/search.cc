#include "query/search.h"

#include <algorithm>

#include "base/parallel.h"
#include "index/text/bm25.h"
#include "query/live_rows.h"
#include "query/selection.h"
#include "table/scan.h"

namespace squire::query {
namespace {

constexpr int64_t kRangeRows = 4096;  // enough to read well, little enough to share out

/// Names without repeats, those that the selection looks at last.
std::vector<std::string> ColumnsFor(std::vector<std::string> columns, const Selection& selection) {
  for (const Field& field : selection.columns().schema.fields) {
    if (std::ranges::find(columns, field.name) == columns.end()) columns.push_back(field.name);
  }
  return columns;
}

}  // namespace

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
