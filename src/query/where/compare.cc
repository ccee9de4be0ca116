// Comparisons of two lanes.

#include <cmath>

#include "query/where/compute.h"

namespace squire::where {
namespace {

/// NaN equals itself and stands above all, as pylance has it; -0 equals 0.
int CompareFloats(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  return a < b ? -1 : a > b;
}

/// Nanoseconds in one unit, for dates, times and durations.
Int128 NsOfUnit(const ValueType& type) {
  if (type.meaning == Meaning::kDate) return Int128{86'400} * 1'000'000'000;
  return PowerOf10(9 - type.scale);
}

bool IsTime(const ValueType& type) {
  return type.is_moment() || type.meaning == Meaning::kTime || type.meaning == Meaning::kDuration;
}

/// The width at which an exact value and a float, or two floats, are compared.
int FloatBits(const ValueType& a, const ValueType& b) {
  if (a.meaning == Meaning::kDecimal || b.meaning == Meaning::kDecimal) return 64;
  return std::max(a.kind == Kind::kFloat ? a.bits : 0, b.kind == Kind::kFloat ? b.bits : 0);
}

double FloatAt(const Lane& lane, size_t at, int bits) {
  return lane.type.kind == Kind::kFloat ? lane.number[at] : ExactToFloat(lane.exact[at], lane.type.scale, bits);
}

/// Calls `set(row, order)` for each row where both are valid, order being negative, 0 or positive.
template <class Compare, class Set>
void ForEach(const Lane& a, const Lane& b, size_t rows, Compare compare, Set set) {
  for (size_t row = 0; row < rows; row++) {
    if (a.IsValid(row) && b.IsValid(row)) set(row, compare(a.At(row), b.At(row)));
  }
}

template <class Set>
void CompareEach(const Lane& a, const Lane& b, size_t rows, Set set) {
  if (a.type.kind == Kind::kNull || b.type.kind == Kind::kNull) return;
  if (a.type.kind == Kind::kBool)
    return ForEach(a, b, rows, [&](size_t i, size_t j) { return int{a.truth[i]} - int{b.truth[j]}; }, set);
  if (a.type.kind == Kind::kText)
    return ForEach(a, b, rows, [&](size_t i, size_t j) { return a.text[i].compare(b.text[j]); }, set);
  if (a.type.kind == Kind::kFloat || b.type.kind == Kind::kFloat) {
    const int bits = FloatBits(a.type, b.type);
    return ForEach(
        a, b, rows, [&](size_t i, size_t j) { return CompareFloats(FloatAt(a, i, bits), FloatAt(b, j, bits)); }, set);
  }
  if (IsTime(a.type)) {
    const Int128 a_unit = NsOfUnit(a.type), b_unit = NsOfUnit(b.type);
    return ForEach(
        a, b, rows,
        [&](size_t i, size_t j) {
          const Int128 x = a.exact[i] * a_unit, y = b.exact[j] * b_unit;
          return x < y ? -1 : static_cast<int>(x > y);
        },
        set);
  }
  ForEach(
      a, b, rows, [&](size_t i, size_t j) { return CompareScaled(a.exact[i], a.type.scale, b.exact[j], b.type.scale); },
      set);
}

bool Holds(CompareOp op, int order) {
  switch (op) {
    case CompareOp::kEqual: return order == 0;
    case CompareOp::kNotEqual: return order != 0;
    case CompareOp::kLess: return order < 0;
    case CompareOp::kLessEqual: return order <= 0;
    case CompareOp::kGreater: return order > 0;
    case CompareOp::kGreaterEqual: return order >= 0;
  }
  return false;
}

}  // namespace

Lane CompareLanes(CompareOp op, const Lane& a, const Lane& b, size_t rows) {
  const bool is_constant = a.is_constant && b.is_constant;
  Lane out = EmptyLane(kBoolType, rows, is_constant);
  CompareEach(a, b, out.truth.size(),
              [&](size_t row, int order) { out.truth[row] = Holds(op, order) ? kTrue : kFalse; });
  return out;
}

Lane DistinctLanes(bool is_negated, const Lane& a, const Lane& b, size_t rows) {
  const bool is_constant = a.is_constant && b.is_constant;
  Lane out = EmptyLane(kBoolType, rows, is_constant);
  for (size_t row = 0; row < out.truth.size(); row++)
    out.truth[row] = (a.IsValid(row) != b.IsValid(row)) != is_negated ? kTrue : kFalse;
  CompareEach(a, b, out.truth.size(),
              [&](size_t row, int order) { out.truth[row] = (order != 0) != is_negated ? kTrue : kFalse; });
  return out;
}

}  // namespace squire::where
