// Searching words: through an index of the columns where there is one, else row by row.

#include <algorithm>
#include <unordered_set>

#include "base/log.h"
#include "base/parallel.h"
#include "index/text/part_builder.h"
#include "index/text/search_parts.h"
#include "query/live_rows.h"
#include "query/search.h"
#include "query/select_rows.h"
#include "query/selection.h"
#include "query/text_check.h"
#include "query/text_join.h"
#include "query/text_plan.h"
#include "table/scan.h"

namespace squire::query {
namespace {

constexpr int64_t kRangeRows = 4096;  // enough to read well, little enough to share out

/// The columns that are searched, and by which rules their texts become words.
struct TextColumns {
  std::vector<std::string> names;  // text, and name and path where they are asked for
  std::vector<int32_t> field_ids;
  size_t name_at = 0, path_at = 0;  // 0: not asked for
};

Result<TextColumns> FindColumns(const table::Snapshot& snapshot, const TextSearchOptions& options) {
  TextColumns out;
  out.names = {options.text_column};
  if (!options.name_column.empty()) {
    out.name_at = out.names.size();
    out.names.push_back(options.name_column);
  }
  if (!options.path_column.empty()) {
    out.path_at = out.names.size();
    out.names.push_back(options.path_column);
  }
  const auto projection = TRY(table::Project(snapshot, out.names));
  for (size_t i = 0; i < out.names.size(); i++) {
    const TypeId id = projection.schema.fields[i].type.id;
    if (id != TypeId::kString && id != TypeId::kLargeString)
      return InvalidArgument("column '" + out.names[i] + "' does not hold text");
  }
  out.field_ids = projection.field_ids;
  return out;
}

/// Names without repeats, those that the selection looks at last.
std::vector<std::string> ColumnsFor(std::vector<std::string> columns, const Selection& selection) {
  for (const Field& field : selection.columns().schema.fields) {
    if (std::ranges::find(columns, field.name) == columns.end()) columns.push_back(field.name);
  }
  return columns;
}

/// Every row, by the scanner that is made for it.
Result<std::vector<Hit>> Scan(const table::Snapshot& snapshot, text::TextQuery query, const TextColumns& columns,
                              const Selection& selection, const TextSearchOptions& options) {
  const auto projection = TRY(table::Project(snapshot, ColumnsFor(columns.names, selection)));
  text::Bm25Options scores;
  scores.k1 = options.k1;
  scores.b = options.b;
  text::TextScorer scorer(std::move(query), scores);
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
      if (columns.name_at > 0) document.name = value(columns.name_at, row);
      if (columns.path_at > 0) document.path = value(columns.path_at, row);
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

/// A part of the rows of a range that has the words of a query, and for all others one that nobody looks for.
class QueryWords {
 public:
  explicit QueryWords(const text::TextQuery& query) {
    for (size_t i = 0; i < query.words.size(); i++) {
      if (query.patterns[i].kind == text::WordPattern::Kind::kItself)
        words_.insert(query.words[i]);
      else
        patterns_.emplace_back(query.patterns[i], query.words[i]);
    }
    for (const text::TextClause& clause : query.clauses)
      has_phrases_ = has_phrases_ || (clause.kind == text::TextClause::Kind::kPhrase && clause.words.size() > 1);
  }

  [[nodiscard]] Result<std::shared_ptr<const text::TextPart>> Read(const table::Snapshot& snapshot,
                                                                   const text::Analyzer& analyzer,
                                                                   const text::TextIndexParameters& parameters,
                                                                   const table::RowRange& range) const {
    const auto columns = TRY(ProjectTexts(snapshot, parameters));
    const auto rows = TRY(table::ReadRange(snapshot, columns, range));
    text::PartBuilder builder(has_phrases_);
    for (int64_t row = 0; row < rows.batch.num_rows; row++) {
      uint32_t others = 0;
      ForEachWordOf(analyzer, parameters, rows.batch, row,
                    [&](std::string_view word, uint32_t position, uint32_t boost) {
                      if (Has(word))
                        builder.AddWord(word, position, boost);
                      else
                        others += boost;
                    });
      // One posting for all of them, as often as the length wants; where they stand is nobody's question.
      if (others > 0) AddOthers(builder, others);
      if (builder.has_words()) builder.EndDocument(rows.addresses[static_cast<size_t>(row)]);
    }
    return text::TextPart::Make(builder.Finish());
  }

 private:
  [[nodiscard]] bool Has(std::string_view word) const {
    return words_.contains(word) || std::ranges::any_of(patterns_, [&](const auto& pattern) {
             return text::Matches(pattern.first, pattern.second, word);
           });
  }
  static void AddOthers(text::PartBuilder& builder, uint32_t count) {
    builder.AddWord(std::string(16, static_cast<char>(0xFF)), 0, count);
  }

  std::unordered_set<std::string_view> words_;
  std::vector<std::pair<text::WordPattern, std::string_view>> patterns_;
  bool has_phrases_ = false;
};

/// What is searched: parts of an index or none, and fragments whose rows are read for this search.
struct Parts {
  const TextPlan* plan = nullptr;  // null: there is no index
  const text::Analyzer& analyzer;
  const text::TextIndexParameters& parameters;
  double scale = 1;
  std::vector<size_t> fragments;
};

Result<std::vector<Hit>> SearchIn(const table::Snapshot& snapshot, const text::TextQuery& query, const Parts& in,
                                  const vector::RowMask* selected, const TextSearchOptions& options) {
  std::vector<std::shared_ptr<const text::SearchedPart>> read;
  if (!in.fragments.empty()) {
    auto ranges = table::PlanRanges(snapshot, kRangeRows);
    std::erase_if(ranges, [&](const table::RowRange& range) {
      return std::ranges::find(in.fragments, range.fragment) == in.fragments.end();
    });
    const QueryWords words(query);
    std::vector<std::shared_ptr<const text::TextPart>> parts(ranges.size());
    TRY(ParallelFor(ranges.size(), options.threads, [&](size_t i) -> Result<void> {
      parts[i] = TRY(words.Read(snapshot, in.analyzer, in.parameters, ranges[i]));
      return {};
    }));
    const auto cache = std::make_shared<text::ListCache>(size_t{1} << 20);
    for (const auto& part : parts) read.push_back(std::make_shared<const text::SearchedPart>(part, cache));
  }
  text::PartsSearch search;
  search.query = &query;
  const size_t num_indexed = in.plan == nullptr ? 0 : in.plan->parts().size();
  if (in.plan != nullptr) search.parts = in.plan->parts();
  if (in.plan != nullptr && !read.empty()) read.insert(read.begin(), in.plan->parts().begin(), in.plan->parts().end());
  if (!read.empty())
    search.parts = read;
  else if (in.plan != nullptr)
    search.known = &in.plan->known_words();
  search.options.k1 = options.k1;
  search.measure = in.scale;
  search.options.b = options.b;
  search.limit = options.limit;
  const bool has_dead = in.plan != nullptr && !in.plan->is_all_live();
  if (has_dead || selected != nullptr)
    search.is_wanted = [&in, selected, has_dead, num_indexed](size_t part, uint64_t row) {
      if (has_dead && part < num_indexed && !in.plan->IsLive(part, row)) return false;
      return selected == nullptr || selected->Contains(row);
    };
  const TextCheck check(snapshot, in.analyzer, in.parameters, query);
  search.holds = [&check](uint64_t row, const text::TextClause& clause) { return check.Holds(row, clause); };
  const auto found = TRY(text::SearchParts(search));
  std::vector<Hit> hits;
  hits.reserve(found.size());
  for (const text::TextHit& hit : found) hits.push_back({hit.row, static_cast<float>(hit.score)});
  return hits;
}

/// The columns as an index of them by the rules for code would have them, boosts as near as whole numbers come.
text::TextIndexParameters ParametersOf(const TextColumns& columns) {
  const text::Bm25Options scores;
  text::TextIndexParameters out;
  constexpr double kMeasure = 2;  // makes whole numbers of the usual boosts
  for (size_t i = 0; i < columns.field_ids.size(); i++) {
    const double boost = i == 0 ? 1 : i == columns.name_at ? scores.name_boost : scores.path_boost;
    out.columns.push_back({columns.field_ids[i], static_cast<uint32_t>(boost * kMeasure)});
  }
  return out;
}

/// The answers to what is asked of columns that are searched together; the first `typed` conditions were written.
Result<std::vector<Hit>> Answer(const table::Snapshot& snapshot, const TextSearchOptions& options,
                                const TextColumns& columns, std::vector<TextCondition> conditions, size_t typed,
                                const Selection& selection) {
  std::shared_ptr<const TextPlan> plan;
  if (options.use_index) plan = TRY(TextPlan::For(snapshot, columns.field_ids));
  const bool has_index = plan != nullptr && plan->has_index();
  const auto& analyzer = has_index ? plan->analyzer() : *text::Analyzer::ForCode();
  if (columns.names.size() == 1)
    for (TextCondition& condition : conditions) condition.column.clear();
  auto query = TRY(text::CompileTextQuery(conditions, analyzer, typed));
  if (selection.passes_nothing() || query.finds_nothing) return std::vector<Hit>();
  std::shared_ptr<const vector::RowMask> selected;
  if (!selection.passes_everything() && (has_index || !query.is_plain()))
    selected = TRY(SelectRows(snapshot, selection, options.filter ? "" : options.where, options.threads));
  if (has_index) {
    const Parts in{plan.get(), analyzer, plan->parameters(), plan->Scale({.k1 = 1}).k1, plan->uncovered()};
    auto found = SearchIn(snapshot, query, in, selected.get(), options);
    if (found) return found;
    // An index only says where to look.
    Log(LogLevel::kWarn, "words are searched without an index: " + found.error().ToString());
    if (analyzer.is_code() && query.is_plain()) return Scan(snapshot, std::move(query), columns, selection, options);
  } else if (query.is_plain()) {
    return Scan(snapshot, std::move(query), columns, selection, options);
  }
  const auto parameters = has_index ? plan->parameters() : ParametersOf(columns);
  Parts in{nullptr, analyzer, parameters, 1, {}};
  in.scale = has_index ? plan->Scale({.k1 = 1}).k1 : parameters.columns[0].boost;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) in.fragments.push_back(i);
  return SearchIn(snapshot, query, in, selected.get(), options);
}

}  // namespace

Result<std::vector<Hit>> TextSearch(const table::Snapshot& snapshot, const std::string& text,
                                    const TextSearchOptions& options) {
  if (!(options.k1 >= 0 && options.k1 <= 1000) || !(options.b >= 0 && options.b <= 1))
    return InvalidArgument("k1 lies between 0 and 1000, b between 0 and 1");
  const auto selection = TRY(Selection::Make(snapshot, options.where, options.filter));
  const auto columns = TRY(FindColumns(snapshot, options));
  auto conditions = TRY(text::ParseConditions(text, {columns.names, options.all_words}));
  const size_t typed = conditions.size();
  conditions.insert(conditions.end(), options.conditions.begin(), options.conditions.end());
  if (std::ranges::all_of(conditions, [&](const auto& condition) { return IsOwnColumn(options, condition.column); }))
    return Answer(snapshot, options, columns, std::move(conditions), typed, selection);
  const auto answer = [&](const TextQuestion& one) -> Result<std::vector<Hit>> {
    const auto of_one = TRY(FindColumns(snapshot, one.options));
    return Answer(snapshot, one.options, of_one, one.conditions, one.typed, selection);
  };
  TextQuestion question{options, std::move(conditions), typed};
  question.options.conditions.clear();
  return JoinAnswers(SplitByColumn(std::move(question)), answer);
}

}  // namespace squire::query
