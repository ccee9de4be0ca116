#pragma once

/// KeyCondition: what a filter demands of one column, in a form that an index over the column can answer. It may let
/// more rows through than the filter, never fewer. Plain data.

#include <optional>
#include <string_view>

#include "base/try.h"
#include "squire/array.h"

namespace squire::where {

struct Bound;

struct KeyBound {
  Array value;  ///< one row of the column's type
  bool is_inclusive = true;
};

struct KeyCondition {
  enum class Kind : uint8_t {
    kAnything,  ///< the filter says nothing of the column
    kNothing,   ///< no value passes
    kKeys,      ///< one of `keys`
    kRange,     ///< between the bounds that are there
  };
  Kind kind = Kind::kAnything;
  Array keys;  ///< distinct, not null, of the column's type, in no order
  std::optional<KeyBound> lower, upper;
};

/// The condition on top-level column `column`. Nulls pass none but kAnything. ERRORS: OverBudget when the keys' text
/// exceeds an array.
Result<KeyCondition> ConditionOn(const Bound& bound, std::string_view column);

}  // namespace squire::where
