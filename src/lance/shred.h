#pragma once

/// The way from rows to levels: what `Nest` undoes. Pure functions.
/// Source: docs/lance_format.md, "Levels".

#include <vector>

#include "lance/levels.h"

namespace squire::lance {

/// Rows of one path as levels and the values that they show.
struct Shredded {
  Levels levels;                          ///< rep without lists is empty; def where nothing is null or empty, too
  std::vector<pb21::RepDefLayer> layers;  ///< innermost first
  uint16_t max_rep = 0, max_def = 0, max_visible = 0;
  Array values;  ///< of the leaf type: the visible ones, null or not
  int64_t num_rows = 0;

  [[nodiscard]] int64_t num_entries() const {
    return levels.count() > 0 ? static_cast<int64_t>(levels.count()) : values.length;
  }
  [[nodiscard]] uint16_t Rep(int64_t at) const { return levels.rep.empty() ? 0 : levels.rep[static_cast<size_t>(at)]; }
  [[nodiscard]] uint16_t Def(int64_t at) const { return levels.def.empty() ? 0 : levels.def[static_cast<size_t>(at)]; }
  [[nodiscard]] bool BeginsRow(int64_t at) const { return Rep(at) == max_rep; }
  [[nodiscard]] bool IsVisible(int64_t at) const { return Def(at) <= max_visible; }
};

/// Shreds `rows`, whose type is a path: its lists and structs have one child each.
Result<Shredded> Shred(const Array& rows);

/// The part of `rows` on the way to leaf `leaf`, counted depth first.
Array PathOf(const Array& rows, size_t leaf);

/// How many leaves `type` has.
size_t LeafCount(const DataType& type);

}  // namespace squire::lance
