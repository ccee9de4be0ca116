#pragma once

/// Nesting as repetition and definition levels: one entry an item, telling at which layer it begins a new list and at
/// which layer it ends in a null or an empty list. Lance counts both from the innermost layer outwards.
/// Source: docs/lance_format.md, "Levels"; Melnik et al., "Dremel", VLDB 2010.

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "lance/proto/encodings21.pb.h"
#include "squire/array.h"

namespace squire::lance {

/// Levels of the entries of some rows. An empty vector stands for zeros.
struct Levels {
  std::vector<uint16_t> rep, def;
  [[nodiscard]] size_t count() const { return std::max(rep.size(), def.size()); }
};

/// What the levels of one page mean: a layer for each type on the way from a column to one leaf of it.
class Shape {
 public:
  struct Layer {
    bool is_list = false;
    uint16_t null_level = 0;   ///< 0: no item of this layer is null
    uint16_t empty_level = 0;  ///< 0: no list of this layer is empty
    uint16_t top = 0;          ///< the highest level of this layer and those inside it
    uint16_t rep = 0;          ///< an entry of this repetition level, or higher, begins an item of this layer
  };

  /// The shape that `layers`, innermost first, give `path`: a type whose lists and structs have one child each.
  /// ERRORS: Corruption when they do not go together.
  static Result<Shape> Of(const google::protobuf::RepeatedField<int>& layers, const DataType& path);

  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }  ///< outermost first
  [[nodiscard]] bool is_flat() const { return layers_.size() == 1; }
  [[nodiscard]] bool has_lists() const { return max_rep_ > 0; }
  [[nodiscard]] uint16_t max_rep() const { return max_rep_; }
  [[nodiscard]] uint16_t max_def() const { return layers_.front().top; }
  /// Entries up to this definition level have a value in the leaf, null or not.
  [[nodiscard]] uint16_t max_visible() const { return max_visible_; }

 private:
  std::vector<Layer> layers_;
  uint16_t max_rep_ = 0;
  uint16_t max_visible_ = 0;
};

/// The type at the inner end of a path.
const DataType& LeafOf(const DataType& path);

/// Builds the array of `path` whose visible leaf values are `leaf`, in order. `num_rows` is what must come out.
/// ERRORS: Corruption when levels, values and rows contradict each other; OverBudget beyond 32-bit offsets.
Result<Array> Nest(const Shape& shape, const DataType& path, const Levels& levels, Array leaf, int64_t num_rows);

}  // namespace squire::lance
