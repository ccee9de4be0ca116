#pragma once

/// A bound filter as a list of steps over a few registers, each a Lane. The deeper side of every expression is computed
/// first, so that the registers grow with the logarithm of the filter and never with its depth (Sethi and Ullman, "The
/// Generation of Optimal Code for Arithmetic Expressions", JACM 1970). Immutable; any thread may run it.

#include <cstdint>
#include <vector>

#include "query/where/bound.h"

namespace squire::where {

enum class StepKind : uint8_t {
  kExpr,     ///< target = expression `expr` of its children, which are in `inputs`
  kMerge,    ///< target = target AND or OR (as `expr` is) input 0; once that decides all rows, goes on at `jump`
  kDecided,  ///< goes on at `jump` when the target decides `expr`, an AND or OR, for all rows
};

struct Step {
  StepKind kind = StepKind::kExpr;
  uint32_t expr = 0;
  uint32_t target = 0;
  uint32_t inputs = 0;  ///< first of the expression's inputs in Program::inputs
  uint32_t jump = 0;
};

struct Program {
  std::vector<Step> steps;
  uint32_t main_end = 0;         ///< the steps of the filter itself end here
  std::vector<uint32_t> inputs;  ///< registers
  uint32_t registers = 0;
  /// By Bound::keyed: where the programs of its residuals begin and end; empty
  /// for those that are made of matches alone, which need none.
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> residuals;
};

/// The steps that compute `root`, whose answer is in register 0, and those of the residuals below it behind them.
Program Compile(const Bound& bound, uint32_t root);

/// True for an AND of matches, or one match.
bool IsOfMatches(const Bound& bound, uint32_t expr);

}  // namespace squire::where
