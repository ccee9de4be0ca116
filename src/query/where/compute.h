#pragma once

/// One expression computed from the lanes of its children. Pure functions.

#include <span>

#include "query/where/bound.h"
#include "query/where/lane.h"

namespace squire::where {

/// The text that one expression may make of a batch: functions within functions can grow it without end.
inline constexpr size_t kMadeBytesMax = size_t{512} << 20;

using Inputs = std::span<const Lane* const>;

/// `expr` of its inputs, for `rows` rows. REQUIRES: a kind that looks at nothing but its children.
Result<Lane> Compute(const Bound& bound, const Expr& expr, Inputs inputs, size_t rows);

/// target = target AND input, or OR.
void Merge(bool is_or, Lane& target, const Lane& input, size_t rows);

Lane CompareLanes(CompareOp op, const Lane& a, const Lane& b, size_t rows);  // compare.cc
Lane DistinctLanes(bool is_negated, const Lane& a, const Lane& b, size_t rows);
Lane ArithmeticLanes(const Expr& expr, const Lane& a, const Lane& b, size_t rows);  // arithmetic.cc
Lane NegateLane(const Expr& expr, const Lane& a, size_t rows);
Lane AbsLane(const Expr& expr, const Lane& a, size_t rows);
Result<Lane> CastLane(const Expr& expr, const Lane& a, size_t rows);                           // cast.cc
Result<Lane> LikeLanes(const Expr& expr, const Lane& text, const Lane& pattern, size_t rows);  // like.cc
Result<Lane> CallLanes(const Expr& expr, Inputs inputs, size_t rows);                          // text_functions.cc
/// The text that stands for entry `row` in concat and CAST AS string.
void AppendText(const Lane& lane, size_t row, std::string& out);

/// Number of rows to compute: one when every input is constant.
inline bool AreConstant(Inputs inputs) {
  for (const Lane* input : inputs) {
    if (!input->is_constant) return false;
  }
  return true;
}

}  // namespace squire::where
