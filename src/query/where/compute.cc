#include "query/where/compute.h"

#include <algorithm>

namespace squire::where {
namespace {

Lane MapTruth(const Lane& input, uint8_t of_false, uint8_t of_unknown, uint8_t of_true) {
  Lane out;
  out.type = kBoolType;
  out.is_constant = input.is_constant;
  if (input.type.kind != Kind::kBool) {  // a null
    out.truth.assign(input.valid.size(), of_unknown);
    return out;
  }
  const uint8_t map[3] = {of_false, of_unknown, of_true};
  out.truth.resize(input.truth.size());
  for (size_t i = 0; i < out.truth.size(); i++) out.truth[i] = map[input.truth[i]];
  return out;
}

Lane IsNull(const Lane& input, bool is_negated) {
  Lane out;
  out.type = kBoolType;
  out.is_constant = input.is_constant;
  const size_t entries = input.type.kind == Kind::kBool ? input.truth.size() : input.valid.size();
  out.truth.resize(entries);
  for (size_t i = 0; i < entries; i++) out.truth[i] = input.IsValid(i) == is_negated ? kTrue : kFalse;
  return out;
}

/// The word that stands for an entry in a KeyTable (match.h).
uint64_t WordOf(const Lane& lane, size_t at) {
  Match match;
  match.form = lane.type.kind == Kind::kBool    ? Match::Form::kBool
               : lane.type.kind == Kind::kFloat ? Match::Form::kFloat
                                                : Match::Form::kExact;
  if (lane.type.kind == Kind::kBool) match.flag = lane.truth[at] == kTrue;
  if (lane.type.kind == Kind::kExact) match.exact = lane.exact[at];
  if (lane.type.kind == Kind::kFloat) match.number = lane.number[at];
  return WordKey(match);
}

Lane InSet(const KeySet& set, bool is_negated, const Lane& input, size_t rows) {
  Lane out = EmptyLane(kBoolType, rows, input.is_constant);
  for (size_t i = 0; i < out.truth.size(); i++) {
    if (!input.IsValid(i)) continue;
    bool is_in = false;
    if (set.keys.has_words())
      is_in = set.keys.Find(WordOf(input, i)) >= 0;
    else if (input.type.kind == Kind::kText)
      is_in = set.keys.Find(input.text[i]) >= 0;
    else
      is_in = set.keys.Find({reinterpret_cast<const char*>(&input.exact[i]), sizeof(Int128)}) >= 0;
    if (is_in || !set.has_null) out.truth[i] = is_in != is_negated ? kTrue : kFalse;
  }
  return out;
}

Lane Between(const Expr& expr, Inputs inputs, size_t rows) {
  Lane out = CompareLanes(CompareOp::kGreaterEqual, *inputs[0], *inputs[1], rows);
  Merge(false, out, CompareLanes(CompareOp::kLessEqual, *inputs[0], *inputs[2], rows), rows);
  if (!(expr.flags & kNegated)) return out;
  return MapTruth(out, kTrue, kUnknown, kFalse);
}

}  // namespace

void Merge(bool is_or, Lane& target, const Lane& input, size_t rows) {
  const auto truth_of = [](const Lane& lane) {
    return lane.type.kind == Kind::kBool ? lane.truth : std::vector<uint8_t>(lane.valid.size(), kUnknown);
  };
  if (target.type.kind != Kind::kBool || (target.is_constant && !input.is_constant)) {
    std::vector<uint8_t> truth = truth_of(target);
    if (target.is_constant && !input.is_constant) truth.assign(rows, truth[0]);
    const bool is_constant = target.is_constant && input.is_constant;
    target = Lane{};
    target.type = kBoolType;
    target.is_constant = is_constant;
    target.truth = std::move(truth);
  }
  const bool is_bool = input.type.kind == Kind::kBool;
  if (input.is_constant || !is_bool) {
    const uint8_t truth = is_bool ? input.truth[0] : uint8_t{kUnknown};
    for (uint8_t& row : target.truth) row = is_or ? std::max(row, truth) : std::min(row, truth);
    return;
  }
  uint8_t* to = target.truth.data();
  const uint8_t* from = input.truth.data();
  const size_t count = target.truth.size();
  if (is_or) {
    for (size_t i = 0; i < count; i++) to[i] = std::max(to[i], from[i]);
  } else {
    for (size_t i = 0; i < count; i++) to[i] = std::min(to[i], from[i]);
  }
}

Result<Lane> Compute(const Bound& bound, const Expr& expr, Inputs inputs, size_t rows) {
  const bool is_negated = (expr.flags & kNegated) != 0;
  switch (expr.kind) {
    case ExprKind::kAnd:
    case ExprKind::kOr: {
      Lane out = MapTruth(*inputs[0], kFalse, kUnknown, kTrue);
      for (const Lane* input : inputs.subspan(1)) Merge(expr.kind == ExprKind::kOr, out, *input, rows);
      return out;
    }
    case ExprKind::kNot: return MapTruth(*inputs[0], kTrue, kUnknown, kFalse);
    case ExprKind::kIsTrue:
      return is_negated ? MapTruth(*inputs[0], kTrue, kTrue, kFalse) : MapTruth(*inputs[0], kFalse, kFalse, kTrue);
    case ExprKind::kIsFalse:
      return is_negated ? MapTruth(*inputs[0], kFalse, kTrue, kTrue) : MapTruth(*inputs[0], kTrue, kFalse, kFalse);
    case ExprKind::kIsNull: return IsNull(*inputs[0], is_negated);
    case ExprKind::kSet: return InSet(bound.sets[expr.payload], is_negated, *inputs[0], rows);
    case ExprKind::kCompare: return CompareLanes(static_cast<CompareOp>(expr.op), *inputs[0], *inputs[1], rows);
    case ExprKind::kDistinct: return DistinctLanes(is_negated, *inputs[0], *inputs[1], rows);
    case ExprKind::kBetween: return Between(expr, inputs, rows);
    case ExprKind::kLike: return LikeLanes(expr, *inputs[0], *inputs[1], rows);
    case ExprKind::kArithmetic: return ArithmeticLanes(expr, *inputs[0], *inputs[1], rows);
    case ExprKind::kNegate: return NegateLane(expr, *inputs[0], rows);
    case ExprKind::kCast: return CastLane(expr, *inputs[0], rows);
    case ExprKind::kCall: return CallLanes(expr, inputs, rows);
    case ExprKind::kLiteral:
    case ExprKind::kColumn:
    case ExprKind::kMatch:
    case ExprKind::kKeyed: break;
  }
  return Internal("an expression of a filter has no rule to compute it by");
}

}  // namespace squire::where
