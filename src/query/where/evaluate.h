#pragma once

/// Running a bound filter over rows. Free functions over immutable filters; safe from any thread.

#include <span>

#include "query/where/lane.h"
#include "query/where/program.h"

namespace squire::where {

/// Truth of the filter for `rows` rows, whose columns are `columns` by the order of Bound::columns.paths().
/// ERRORS: InvalidArgument for a CAST that a row's value does not allow.
Result<std::vector<uint8_t>> Evaluate(const Bound& bound, const Program& program, std::span<const Array> columns,
                                      size_t rows);

/// The lane of any expression that `program` computes.
Result<Lane> EvaluateLane(const Bound& bound, const Program& program, std::span<const Array> columns, size_t rows);

/// The value of `expr`, whose children are literals.
Result<Value> EvaluateConstant(const Bound& bound, uint32_t expr);

}  // namespace squire::where
