// Scans, takes and searches: each gives rows that cross to Python by Arrow.

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "arrow_object.h"
#include "table_object.h"

namespace squire::python {
namespace {

using Vector = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Columns = std::optional<std::vector<std::string>>;
/// text, kind, role, column, boost, all_words, edits, prefix_size, words_max.
using ConditionValues =
    std::tuple<std::string, std::string, std::string, std::string, double, bool, int, size_t, size_t>;

constexpr char kRowIdColumn[] = "_rowid";

/// What a search looks for and how; text, vector or both.
struct Search {
  std::optional<std::vector<float>> vector;
  std::string vector_column;
  Metric metric = Metric::kL2;
  std::optional<std::string> text;
  TextSearchOptions words;
  std::string where;
  size_t limit = 10;
  int threads = 1;
  bool use_index = true;
  size_t nprobes = 0;
  float refine_factor = 0;
};

Result<TextCondition> ConditionOf(const ConditionValues& values) {
  TextCondition out;
  std::string kind, role;
  std::tie(out.text, kind, role, out.column, out.boost, out.all_words, out.edits, out.prefix_size, out.words_max) =
      values;
  if (kind == "phrase")
    out.kind = TextCondition::Kind::kPhrase;
  else if (kind == "prefix")
    out.kind = TextCondition::Kind::kPrefix;
  else if (kind != "words")
    return InvalidArgument("'" + kind + "' is no kind of condition");
  if (role == "must")
    out.role = TextCondition::Role::kMust;
  else if (role == "must_not")
    out.role = TextCondition::Role::kMustNot;
  else if (role != "should")
    return InvalidArgument("'" + role + "' is no role of a condition; should, must and must_not are");
  return out;
}

Result<std::vector<Hit>> RunVector(const Table& table, const Search& search) {
  VectorSearchOptions options;
  options.column = search.vector_column;
  options.limit = search.limit;
  options.metric = search.metric;
  options.threads = search.threads;
  options.where = search.where;
  options.use_index = search.use_index;
  options.nprobes = search.nprobes;
  options.refine_factor = search.refine_factor;
  return table.VectorSearch(*search.vector, options);
}

Result<std::vector<Hit>> RunText(const Table& table, const Search& search) {
  TextSearchOptions options = search.words;
  options.limit = search.limit;
  options.threads = search.threads;
  options.where = search.where;
  return table.TextSearch(*search.text, options);
}

Result<std::vector<Hit>> Run(const Table& table, const Search& search) {
  if (!search.text) return RunVector(table, search);
  if (!search.vector) return RunText(table, search);
  const std::vector<Hit> rankings[] = {SQUIRE_TRY(RunVector(table, search)), SQUIRE_TRY(RunText(table, search))};
  return FuseHits(rankings, search.limit);
}

/// The rows of the hits with their score as another column, and their addresses if asked for.
Result<Batch> RowsOfHits(const Table& table, std::span<const Hit> hits, const Columns& columns,
                         const std::string& score_column, bool with_row_id) {
  std::vector<uint64_t> addresses;
  ArrayBuilder scores(TypeId::kFloat), ids(TypeId::kUInt64);
  const float sign = score_column == "_distance" ? -1.0F : 1.0F;
  for (const Hit& hit : hits) {
    addresses.push_back(hit.row_address);
    scores.Append(sign * hit.score + 0.0F);  // no negative zero
    ids.Append(hit.row_address);
  }
  Batch out{{}, {}, std::ssize(hits)};
  if (!columns || !columns->empty())
    out = SQUIRE_TRY(table.Take(addresses, columns.value_or(std::vector<std::string>())));
  out.schema.fields.push_back({score_column, TypeId::kFloat, true, {}});
  out.columns.push_back(SQUIRE_TRY(scores.Finish()));
  if (with_row_id) {
    out.schema.fields.push_back({kRowIdColumn, TypeId::kUInt64, true, {}});
    out.columns.push_back(SQUIRE_TRY(ids.Finish()));
  }
  return out;
}

BatchObject RunSearch(const TableObject& self, std::optional<Vector> vector, const std::string& vector_column,
                      const std::string& distance_type, std::optional<std::string> text, const std::string& text_column,
                      const std::string& name_column, const std::string& path_column,
                      const std::vector<ConditionValues>& conditions, bool all_words, double k1, double b,
                      const std::string& where, size_t limit, Columns columns, const std::string& score_column,
                      bool with_row_id, int threads, bool use_index, size_t nprobes, float refine_factor) {
  Search search;
  if (vector) search.vector.emplace(vector->data(), vector->data() + vector->size());
  search.vector_column = vector_column;
  search.metric = Unwrap(MetricOf(distance_type));
  search.text = std::move(text);
  search.words.text_column = text_column;
  search.words.name_column = name_column;
  search.words.path_column = path_column;
  search.words.all_words = all_words;
  search.words.k1 = k1;
  search.words.b = b;
  for (const ConditionValues& values : conditions) search.words.conditions.push_back(Unwrap(ConditionOf(values)));
  search.where = where;
  search.limit = limit;
  search.threads = threads;
  search.use_index = use_index;
  search.nprobes = nprobes;
  search.refine_factor = refine_factor;
  return BatchObject(self.Read([&](const Table& table) -> Result<Batch> {
    return RowsOfHits(table, SQUIRE_TRY(Run(table, search)), columns, score_column, with_row_id);
  }));
}

/// The columns named, or all.
Result<Schema> ProjectSchema(const Schema& schema, const std::vector<std::string>& columns) {
  if (columns.empty()) return schema;
  Schema out{{}, schema.metadata};
  for (const std::string& column : columns) {
    const int at = schema.Find(column);
    if (at < 0) return NotFound("the table has no column '" + column + "'");
    out.fields.push_back(schema.fields[static_cast<size_t>(at)]);
  }
  return out;
}

std::unique_ptr<BatchesObject> Scan(const TableObject& self, Columns columns, const std::string& where,
                                    int64_t batch_rows, bool with_row_address) {
  ScanOptions options;
  if (columns) options.columns = *columns;
  options.batch_rows = batch_rows;
  options.with_row_address = with_row_address;
  options.where = where;
  Schema schema;
  auto scanner = self.Read([&](const Table& table) -> Result<std::unique_ptr<Scanner>> {
    schema = SQUIRE_TRY(ProjectSchema(table.schema(), options.columns));
    return table.Scan(options);
  });
  if (with_row_address) schema.fields.push_back({"_rowaddr", TypeId::kUInt64, false, {}});
  return std::make_unique<BatchesObject>(std::move(schema), std::move(scanner));
}

BatchObject Take(const TableObject& self, const std::vector<uint64_t>& addresses, Columns columns) {
  return BatchObject(self.Read(
      [&](const Table& table) { return table.Take(addresses, columns.value_or(std::vector<std::string>())); }));
}

std::vector<uint64_t> RowAddresses(const TableObject& self, const std::vector<int64_t>& offsets) {
  return self.Read([&](const Table& table) { return table.RowAddresses(offsets); });
}

int64_t CountRows(const TableObject& self, const std::string& where) {
  return self.Read([&](const Table& table) { return table.CountRows(where); });
}

}  // namespace

Result<Metric> MetricOf(const std::string& name) {
  if (name == "l2") return Metric::kL2;
  if (name == "cosine") return Metric::kCosine;
  if (name == "dot") return Metric::kDot;
  return InvalidArgument("'" + name + "' is no distance type; l2, cosine and dot are");
}

void BindReads(TableClass& type) {
  type.def("count_rows", &CountRows, nb::arg("where"))
      .def("scan", &Scan, nb::arg("columns").none(), nb::arg("where"), nb::arg("batch_rows"),
           nb::arg("with_row_address"))
      .def("take", &Take, nb::arg("addresses"), nb::arg("columns").none())
      .def("row_addresses", &RowAddresses, nb::arg("offsets"))
      .def("search", &RunSearch, nb::kw_only(), nb::arg("vector").none(), nb::arg("vector_column"),
           nb::arg("distance_type"), nb::arg("text").none(), nb::arg("text_column"), nb::arg("name_column"),
           nb::arg("path_column"), nb::arg("conditions"), nb::arg("all_words"), nb::arg("k1"), nb::arg("b"),
           nb::arg("where"), nb::arg("limit"), nb::arg("columns").none(), nb::arg("score_column"),
           nb::arg("with_row_id"), nb::arg("threads"), nb::arg("use_index") = true, nb::arg("nprobes") = 0,
           nb::arg("refine_factor") = 0.0f);
}

}  // namespace squire::python
