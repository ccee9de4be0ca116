#include "query/where/evaluate.h"

#include <algorithm>

#include "query/where/compute.h"

namespace squire::where {
namespace {

/// One run of a program over rows.
class Run {
 public:
  Run(const Bound& bound, const Program& program, std::span<const Array> columns, size_t rows)
      : bound_(bound), program_(program), columns_(columns), rows_(rows), registers_(program.registers) {}

  Result<void> Steps(uint32_t begin, uint32_t end) {
    for (uint32_t at = begin; at < end; at++) {
      const Step& step = program_.steps[at];
      const Expr& expr = bound_.exprs[step.expr];
      Lane& target = registers_[step.target];
      if (step.kind == StepKind::kExpr) {
        target = TRY(Make(step, expr));
        continue;
      }
      const bool is_or = expr.kind == ExprKind::kOr;
      if (step.kind == StepKind::kMerge) Merge(is_or, target, registers_[program_.inputs[step.inputs]], rows_);
      if (IsDecided(target, is_or)) at = step.jump - 1;
    }
    return {};
  }

  Lane& answer() { return registers_[0]; }

 private:
  static bool IsDecided(const Lane& target, bool is_or) {
    if (target.type.kind != Kind::kBool) return false;
    const uint8_t decided = is_or ? kTrue : kFalse;
    return std::ranges::all_of(target.truth, [=](uint8_t truth) { return truth == decided; });
  }

  Result<Lane> Make(const Step& step, const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kLiteral: return LaneOf(bound_.values[expr.payload]);
      case ExprKind::kColumn: return LaneOf(columns_[expr.payload]);
      case ExprKind::kMatch: {
        const Match& match = bound_.matches[expr.payload];
        Lane out = EmptyLane(kBoolType, rows_, false);
        MatchRows(match, columns_[match.path], out.truth);
        return out;
      }
      case ExprKind::kSet:
        if (expr.count == 0) return FindInSet(expr);
        break;
      case ExprKind::kIsNull:
        if (bound_.exprs[expr.first].kind == ExprKind::kColumn) return FindNulls(expr);
        break;
      case ExprKind::kKeyed: return FindKeyed(expr);
      default: break;
    }
    inputs_.clear();
    for (uint32_t i = 0; i < expr.count; i++) inputs_.push_back(&registers_[program_.inputs[step.inputs + i]]);
    return Compute(bound_, expr, inputs_, rows_);
  }

  Lane FindNulls(const Expr& expr) const {
    const Array& column = columns_[bound_.exprs[expr.first].payload];
    const bool is_negated = (expr.flags & kNegated) != 0;
    Lane out = EmptyLane(kBoolType, rows_, false);
    for (size_t row = 0; row < rows_; row++)
      out.truth[row] = column.IsValid(static_cast<int64_t>(row)) == is_negated ? kTrue : kFalse;
    return out;
  }

  Lane FindInSet(const Expr& expr) const {
    const KeySet& set = bound_.sets[expr.payload];
    const Array& column = columns_[set.path];
    const bool is_negated = (expr.flags & kNegated) != 0;
    Lane out = EmptyLane(kBoolType, rows_, false);
    for (size_t i = 0; i < rows_; i++) {
      const auto row = static_cast<int64_t>(i);
      if (!column.IsValid(row)) continue;
      const bool is_in = set.keys.size() > 0 && FindKey(set.keys, column, row) >= 0;
      if (is_in || !set.has_null) out.truth[i] = is_in != is_negated ? kTrue : kFalse;
    }
    return out;
  }

  static int64_t FindKey(const KeyTable& keys, const Array& column, int64_t row) {
    return keys.has_words() ? keys.Find(WordKey(column, row)) : keys.Find(TextKey(column, row));
  }

  /// Which residual is to be asked of which row; those made of matches are asked at once.
  Result<Lane> FindKeyed(const Expr& expr) {
    const Keyed& keyed = bound_.keyed[expr.payload];
    const Array& column = columns_[keyed.path];
    Lane out = EmptyLane(kBoolType, rows_, false);
    std::ranges::fill(out.truth, kFalse);
    std::vector<std::pair<uint32_t, int64_t>> asked;  // residual, row
    std::vector<int64_t> null_rows;
    for (size_t i = 0; i < rows_; i++) {
      const auto row = static_cast<int64_t>(i);
      if (!column.IsValid(row)) {
        null_rows.push_back(row);
        continue;
      }
      const int64_t key = FindKey(keyed.keys, column, row);
      for (uint32_t at = key < 0 ? kNone : keyed.heads[static_cast<size_t>(key)]; at != kNone;
           at = keyed.entries[at].next) {
        const uint32_t residual = keyed.entries[at].residual;
        if (IsOfMatches(bound_, expr.first + 1 + residual))
          out.truth[i] = std::max(out.truth[i], MatchesOf(expr.first + 1 + residual, row));
        else
          asked.emplace_back(residual, row);
      }
    }
    std::ranges::sort(asked);
    for (size_t begin = 0; begin < asked.size();) {
      std::vector<int64_t> rows;
      size_t end = begin;
      for (; end < asked.size() && asked[end].first == asked[begin].first; end++) rows.push_back(asked[end].second);
      const auto truth = TRY(Residual(expr, asked[begin].first, rows));
      for (size_t i = 0; i < rows.size(); i++) {
        uint8_t& row = out.truth[static_cast<size_t>(rows[i])];
        row = std::max(row, truth[i]);
      }
      begin = end;
    }
    TRY(FindUnknown(expr, std::move(null_rows), out));
    return out;
  }

  /// A null key is unknown where any residual is not false; it matters only below something other than AND and OR.
  Result<void> FindUnknown(const Expr& expr, std::vector<int64_t> rows, Lane& out) {
    if (expr.flags & kPositive) return {};
    for (uint32_t residual = 0; residual + 1 < expr.count && !rows.empty(); residual++) {
      const auto truth = TRY(Residual(expr, residual, rows));
      std::vector<int64_t> left;
      for (size_t i = 0; i < rows.size(); i++) {
        if (truth[i] == kFalse)
          left.push_back(rows[i]);
        else
          out.truth[static_cast<size_t>(rows[i])] = kUnknown;
      }
      rows = std::move(left);
    }
    return {};
  }

  /// Truth of a residual made of matches.
  uint8_t MatchesOf(uint32_t index, int64_t row) const {
    const Expr& expr = bound_.exprs[index];
    if (expr.kind == ExprKind::kMatch) {
      const Match& match = bound_.matches[expr.payload];
      return MatchRow(match, columns_[match.path], row);
    }
    uint8_t truth = kTrue;
    for (uint32_t i = 0; i < expr.count && truth != kFalse; i++) {
      const Match& match = bound_.matches[bound_.exprs[expr.first + i].payload];
      truth = std::min<uint8_t>(truth, MatchRow(match, columns_[match.path], row));
    }
    return truth;
  }

  /// Truth of a residual for some rows. Runs of runs are as deep as keyed expressions nest, which the binder limits.
  Result<std::vector<uint8_t>> Residual(const Expr& expr, uint32_t residual, std::span<const int64_t> rows) {
    const uint32_t index = expr.first + 1 + residual;
    std::vector<uint8_t> truth(rows.size(), kUnknown);
    if (IsOfMatches(bound_, index)) {
      for (size_t i = 0; i < rows.size(); i++) truth[i] = MatchesOf(index, rows[i]);
      return truth;
    }
    std::vector<Array> taken;
    for (const Array& column : columns_) taken.push_back(TRY(TakeRows(column, rows)));
    Run run(bound_, program_, taken, rows.size());
    const auto [begin, end] = program_.residuals[expr.payload][residual];
    TRY(run.Steps(begin, end));
    if (run.answer().type.kind != Kind::kBool) return truth;
    for (size_t i = 0; i < truth.size(); i++) truth[i] = run.answer().truth[run.answer().At(i)];
    return truth;
  }

  const Bound& bound_;
  const Program& program_;
  std::span<const Array> columns_;
  size_t rows_;
  std::vector<Lane> registers_;
  std::vector<const Lane*> inputs_;
};

}  // namespace

Result<Lane> EvaluateLane(const Bound& bound, const Program& program, std::span<const Array> columns, size_t rows) {
  Run run(bound, program, columns, rows);
  TRY(run.Steps(0, program.main_end));
  return std::move(run.answer());
}

Result<std::vector<uint8_t>> Evaluate(const Bound& bound, const Program& program, std::span<const Array> columns,
                                      size_t rows) {
  Lane lane = TRY(EvaluateLane(bound, program, columns, rows));
  if (lane.type.kind != Kind::kBool) return std::vector<uint8_t>(rows, kUnknown);
  if (lane.is_constant) return std::vector<uint8_t>(rows, lane.truth[0]);
  return std::move(lane.truth);
}

Result<Value> EvaluateConstant(const Bound& bound, uint32_t index) {
  const Expr& expr = bound.exprs[index];
  std::vector<Lane> lanes;
  for (uint32_t i = 0; i < expr.count; i++) lanes.push_back(LaneOf(bound.ValueOf(expr.first + i)));
  std::vector<const Lane*> inputs;
  for (const Lane& lane : lanes) inputs.push_back(&lane);
  return ValueAt(TRY(Compute(bound, expr, inputs, 1)), 0);
}

}  // namespace squire::where
