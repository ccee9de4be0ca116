#include "query/where/filter.h"

#include "query/where/evaluate.h"

namespace squire::where {
namespace {

/// By expression, from the last: whether it can be true of any row.
bool CanBeTrue(const Bound& bound) {
  std::vector<uint8_t> can(bound.exprs.size(), 1);
  for (size_t i = can.size(); i-- > 0;) {
    const Expr& expr = bound.exprs[i];
    const auto begin = can.begin() + expr.first, end = begin + expr.count;
    if (expr.kind == ExprKind::kLiteral)
      can[i] = bound.values[expr.payload].truth == kTrue && !bound.values[expr.payload].is_null;
    else if (expr.kind == ExprKind::kMatch)
      can[i] = bound.matches[expr.payload].form != Match::Form::kNever;
    else if (expr.kind == ExprKind::kSet && !(expr.flags & kNegated))
      can[i] = bound.sets[expr.payload].keys.size() > 0;
    else if (expr.kind == ExprKind::kAnd)
      can[i] = std::all_of(begin, end, [](uint8_t child) { return child != 0; });
    else if (expr.kind == ExprKind::kOr)
      can[i] = std::any_of(begin, end, [](uint8_t child) { return child != 0; });
  }
  return can[0] != 0;
}

}  // namespace

const std::vector<std::string>& Filter::columns() const { return bound_->columns.names(); }

Result<void> Filter::Apply(const Batch& rows, std::span<uint8_t> keep) const {
  if (passes_nothing_) {
    std::ranges::fill(keep, 0);
    return {};
  }
  std::vector<const Array*> columns;
  for (const std::string& name : this->columns()) {
    columns.push_back(rows.Find(name));
    if (columns.back() == nullptr) return Internal("the rows lack column '" + name + "' of the filter");
  }
  std::vector<Array> arrays;
  for (const Path& path : bound_->columns.paths()) arrays.push_back(Columns::Resolve(path, columns));
  const auto truth = TRY(Evaluate(*bound_, *program_, arrays, keep.size()));
  for (size_t row = 0; row < keep.size(); row++) keep[row] &= static_cast<uint8_t>(truth[row] == kTrue);
  return {};
}

RowFilter Filter::ToRowFilter() const {
  return {columns(), [filter = *this](const Batch& rows, std::span<uint8_t> keep) { return filter.Apply(rows, keep); }};
}

Result<KeyCondition> Filter::ConditionOn(std::string_view column) const {
  if (passes_nothing_) return KeyCondition{.kind = KeyCondition::Kind::kNothing};
  return where::ConditionOn(*bound_, column);
}

Result<Filter> ParseFilter(std::string_view text, const Schema& schema) {
  auto bound = std::make_shared<Bound>(TRY(Bind(text, schema)));
  bound->columns.Detach();
  const bool passes_nothing = !CanBeTrue(*bound);
  auto program = std::make_shared<const Program>(Compile(*bound, 0));
  return Filter(std::move(bound), std::move(program), passes_nothing);
}

}  // namespace squire::where
