#pragma once

/// Values of key columns in the order in which a BTREE index holds them: nulls first, then numbers by value, texts by
/// bytes. Source: docs/lance_format.md, "BTREE".

#include <compare>
#include <cstdint>
#include <string_view>

#include "squire/array.h"

namespace squire::index {

/// One value. Texts point into the array that they came from.
struct SortKey {
  bool is_valid = false;
  uint64_t number = 0;  ///< of a number: in an order that unsigned comparison keeps
  std::string_view text;

  auto operator<=>(const SortKey&) const = default;
  bool operator==(const SortKey&) const = default;
};

/// Whether columns of `type` can have a key index: whole numbers, floats, dates and times up to 64 bits, texts.
bool CanIndex(const DataType& type);

/// Row `row` of `values`. REQUIRES: CanIndex of its type.
SortKey KeyAt(const Array& values, int64_t row);

}  // namespace squire::index
