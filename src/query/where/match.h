#pragma once

/// A column against one value: the value is fitted to the column's type once, then rows are compared as they lie.
/// Plain data and free functions; safe from any thread.

#include <span>
#include <string>

#include "query/where/syntax.h"
#include "query/where/value.h"
#include "squire/array.h"

namespace squire::where {

struct Match {
  enum class Form : uint8_t {
    kAlways,  ///< true unless the row is null
    kNever,   ///< false unless the row is null
    kBool,
    kExact,
    kFloat,
    kText,
  };
  uint32_t path = 0;
  CompareOp op = CompareOp::kEqual;
  Form form = Form::kNever;
  bool flag = false;
  Int128 exact = 0;
  double number = 0;
  std::string text;
};

/// `literal`, not null, fitted to a column: `column op literal` as a Match (without path). Integers and decimals
/// compare by their exact values; a float takes the width of a float column and a timestamp the unit of a timestamp
/// column, as pylance has it; a string stands for the date or timestamp it spells. ERRORS: InvalidArgument, what was
/// expected.
Result<Match> FitMatch(const ValueType& column, CompareOp op, const Value& literal);

/// Truth of every row of `column`.
void MatchRows(const Match& match, const Array& column, std::span<uint8_t> truth);
/// Truth of one row.
Truth MatchRow(const Match& match, const Array& column, int64_t row);

/// The key that stands for row `row` in a KeyTable: a word for fixed-width types up to 64 bits, else bytes. Floats: -0
/// is 0, all NaN are one. REQUIRES: the row is not null.
bool HasWordKeys(const ValueType& column);
uint64_t WordKey(const Array& column, int64_t row);
std::string_view TextKey(const Array& column, int64_t row);
/// The same keys of a fitted equality, whose form is neither kAlways nor kNever. REQUIRES: HasWordKeys says so.
uint64_t WordKey(const Match& equality);
std::string_view TextKey(const Match& equality);

}  // namespace squire::where
