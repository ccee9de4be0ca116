#pragma once

/// Expression: a value computed from the columns of a row, in the filter language, as a column of a wanted type.
/// Immutable and cheap to copy; any thread may evaluate it.

#include <memory>
#include <string_view>

#include "base/try.h"
#include "squire/array.h"

namespace squire::where {

struct Bound;
struct Program;

class Expression {
 public:
  /// The values for every row. REQUIRES: the batch holds the schema's columns.
  /// ERRORS: InvalidArgument for a value that the wanted type does not hold.
  [[nodiscard]] Result<Array> Evaluate(const Batch& rows) const;

 private:
  friend Result<Expression> ParseExpression(std::string_view text, const Schema& schema, const DataType& type);

  std::shared_ptr<const Bound> bound_;
  std::shared_ptr<const Program> program_;
  DataType type_;
};

/// Parses `text`, whose value is cast to `type` as CAST does. A column of the very type is taken as it is, whatever the
/// type. ERRORS: InvalidArgument with the place; Unsupported for a type that no value can be cast to.
Result<Expression> ParseExpression(std::string_view text, const Schema& schema, const DataType& type);

/// The type of the value itself: a column's own, else the widest of its kind that it is computed in; kNull for NULL.
/// ERRORS: InvalidArgument with the place.
Result<DataType> TypeOfExpression(std::string_view text, const Schema& schema);

}  // namespace squire::where
