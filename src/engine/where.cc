#include "engine/where.h"

#include <utf8proc.h>

#include <algorithm>
#include <functional>

#include "engine/retry.h"
#include "engine/scanner.h"
#include "engine/write.h"
#include "query/pieces.h"
#include "query/where/expression.h"

namespace squire::engine {
namespace {

constexpr int64_t kRangeRows = 65'536;
constexpr size_t kPredicateBytesMax = 1000;

/// Calls `found(fragment, addresses, keep)` for the rows of each piece that may hold selected ones.
template <class Found>
Result<void> ForEachSelected(const table::Snapshot& snapshot, const query::Selection& selection, Found found) {
  for (const query::Piece& piece : TRY(query::PlanPieces(snapshot, selection, kRangeRows))) {
    const auto rows = TRY(query::ReadPiece(snapshot, selection.columns(), piece));
    if (rows.addresses.empty()) continue;
    found(snapshot.fragment(piece.range.fragment), rows.addresses, TRY(selection.Keep(rows.batch)));
  }
  return {};
}

/// New values of some columns, each an expression.
class Assignments {
 public:
  static Result<Assignments> Make(const Schema& schema, std::span<const Assignment> set) {
    if (set.empty()) return InvalidArgument("an update sets at least one column");
    Assignments out;
    for (const Assignment& assignment : set) {
      const int column = schema.Find(assignment.column);
      if (column < 0) return NotFound("the table has no column '" + assignment.column + "'");
      const auto at = static_cast<size_t>(column);
      if (std::ranges::find(out.columns_, at) != out.columns_.end())
        return InvalidArgument("column '" + assignment.column + "' is set twice");
      out.columns_.push_back(at);
      auto expression = where::ParseExpression(assignment.expression, schema, schema.fields[at].type);
      if (!expression) return Named(assignment.column, std::move(expression.error()));
      out.expressions_.push_back(*std::move(expression));
    }
    return out;
  }

  /// `rows`, in the table's order of columns, with the new values.
  [[nodiscard]] Result<Batch> Apply(const Batch& rows) const {
    Batch out = rows;
    for (size_t i = 0; i < columns_.size(); i++) {
      const Field& field = rows.schema.fields[columns_[i]];
      auto values = expressions_[i].Evaluate(rows);
      if (!values) return Named(field.name, std::move(values.error()));
      if (!field.nullable && values->null_count() > 0)
        return InvalidArgument("column '" + field.name + "' must not be null, and its new value is for some rows");
      out.columns[columns_[i]] = *std::move(values);
    }
    return out;
  }

 private:
  static Error Named(const std::string& column, Error error) {
    error.message = "new value of column '" + column + "': " + error.message;
    return error;
  }

  std::vector<size_t> columns_;
  std::vector<where::Expression> expressions_;
};

using NewRows = std::function<Result<Batch>(const Batch& rows)>;

/// New values of the columns of `values`, which has one row.
Result<NewRows> ByValues(const Schema& schema, const Batch& values) {
  if (values.num_rows != 1 || values.columns.empty()) return InvalidArgument("an update takes one row of new values");
  std::vector<size_t> columns;
  for (size_t i = 0; i < values.columns.size(); i++) {
    const std::string& name = values.schema.fields[i].name;
    const int column = schema.Find(name);
    if (column < 0) return NotFound("the table has no column '" + name + "'");
    columns.push_back(static_cast<size_t>(column));
    if (!schema.fields[columns.back()].nullable && values.columns[i].null_count() > 0)
      return InvalidArgument("column '" + name + "' must not be null, and its new value is");
  }
  return NewRows([columns, values](const Batch& rows) -> Result<Batch> {
    Batch out = rows;
    const std::vector<int64_t> repeat(static_cast<size_t>(rows.num_rows), 0);
    for (size_t i = 0; i < columns.size(); i++) out.columns[columns[i]] = TRY(TakeRows(values.columns[i], repeat));
    return out;
  });
}

Result<NewRows> ByExpressions(const Schema& schema, std::span<const Assignment> set) {
  auto assignments = std::make_shared<const Assignments>(TRY(Assignments::Make(schema, set)));
  return NewRows([assignments](const Batch& rows) { return assignments->Apply(rows); });
}

/// `make` makes the function that gives rows their new values, by the table's schema.
template <class Make>
Result<UpdateResult> TryUpdate(std::shared_ptr<const table::Snapshot>& base, const std::string& where, Make make) {
  UpdateResult result;
  const NewRows apply = TRY(make(base->schema()));
  ScanOptions options;
  options.where = where;
  options.with_row_address = true;
  auto scanner = TRY(OpenScanner(base, options));
  auto write = TRY(BeginWrite(base));
  std::map<uint64_t, lance::RowSet> gone;
  while (auto rows = TRY(scanner->Next())) {
    for (const uint64_t address : rows->columns.back().values<uint64_t>()) {
      const auto physical_rows = static_cast<uint64_t>(base->FindFragment(address >> 32)->physical_rows());
      gone.try_emplace(address >> 32, physical_rows).first->second.Add(address & 0xffffffff);
    }
    rows->columns.pop_back();
    rows->schema.fields.pop_back();
    TRY(write->Append(TRY(apply(*rows))));
    result.rows += static_cast<uint64_t>(rows->num_rows);
  }
  write->DeleteRows(std::move(gone), PredicateText(where));
  result.version = TRY(write->Commit());
  return result;
}

Result<DeleteResult> TryDelete(std::shared_ptr<const table::Snapshot>& base, const std::string& where) {
  auto gone = TRY(FindRows(*base, where));
  DeleteResult result;
  for (const auto& [id, rows] : gone) result.rows += rows.count();
  auto write = TRY(BeginWrite(base));
  write->DeleteRows(std::move(gone), PredicateText(where));
  result.version = TRY(write->Commit());
  return result;
}

}  // namespace

std::string PredicateText(const std::string& where) {
  std::string out;
  for (size_t at = 0; at < where.size();) {
    if (out.size() > kPredicateBytesMax) return out + " ...";
    utf8proc_int32_t code_point = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(where.data()) + at,
                                       static_cast<utf8proc_ssize_t>(where.size() - at), &code_point);
    out += size > 0 ? where.substr(at, static_cast<size_t>(size)) : "?";
    at += size > 0 ? static_cast<size_t>(size) : 1;
  }
  return out;
}

Result<int64_t> CountRows(const table::Snapshot& snapshot, const query::Selection& selection) {
  if (selection.passes_everything()) return snapshot.num_rows();
  int64_t rows = 0;
  TRY(ForEachSelected(snapshot, selection, [&](const auto&, const auto&, const std::vector<uint8_t>& keep) {
    rows += std::ranges::count(keep, uint8_t{1});
  }));
  return rows;
}

Result<std::map<uint64_t, lance::RowSet>> FindRows(const table::Snapshot& snapshot, const std::string& where) {
  if (where.empty()) return InvalidArgument("the filter is empty; true is the one that holds of every row");
  const auto selection = TRY(query::Selection::Make(snapshot, where));
  std::map<uint64_t, lance::RowSet> found;
  const auto add = [&](const table::Fragment& fragment, const std::vector<uint64_t>& addresses,
                       const std::vector<uint8_t>& keep) {
    for (size_t row = 0; row < keep.size(); row++) {
      if (!keep[row]) continue;
      const auto physical_rows = static_cast<uint64_t>(fragment.physical_rows());
      found.try_emplace(fragment.id(), physical_rows).first->second.Add(addresses[row] & 0xffffffff);
    }
  };
  TRY(ForEachSelected(snapshot, selection, add));
  return found;
}

Result<DeleteResult> Delete(std::shared_ptr<const table::Snapshot>& current, const std::string& where) {
  return WithRetries(current, [&](auto& base) { return TryDelete(base, where); });
}

Result<UpdateResult> Update(std::shared_ptr<const table::Snapshot>& current, const std::string& where,
                            std::span<const Assignment> set) {
  const auto make = [&](const Schema& schema) { return ByExpressions(schema, set); };
  return WithRetries(current, [&](auto& base) { return TryUpdate(base, where, make); });
}

Result<UpdateResult> Update(std::shared_ptr<const table::Snapshot>& current, const std::string& where,
                            const Batch& values) {
  const auto make = [&](const Schema& schema) { return ByValues(schema, values); };
  return WithRetries(current, [&](auto& base) { return TryUpdate(base, where, make); });
}

}  // namespace squire::engine
