#include "lance/levels.h"

#include <algorithm>
#include <limits>

#include "base/bits.h"
#include "lance/logical_type.h"

namespace squire::lance {
namespace {

/// One layer of the array being built: a slot an item.
struct Slots {
  std::vector<uint8_t> validity;
  std::vector<int64_t> starts;  // of lists: where each begins among the slots of the layer inside
  bool any_null = false;

  void Add(bool valid, bool is_list, int64_t inner_count) {
    validity.push_back(valid ? 1 : 0);
    any_null = any_null || !valid;
    if (is_list) starts.push_back(inner_count);
  }
  [[nodiscard]] int64_t count() const { return std::ssize(validity); }
};

Error Contradiction(const char* what) { return Corruption(std::string("levels of a page: ") + what); }

/// Sorts every entry into the slots of its layers.
Result<std::vector<Slots>> Sort(const Shape& shape, const Levels& levels) {
  const auto& layers = shape.layers();
  std::vector<Slots> slots(layers.size());
  for (size_t at = 0; at < levels.count(); at++) {
    const uint16_t rep = levels.rep.empty() ? 0 : levels.rep[at], def = levels.def.empty() ? 0 : levels.def[at];
    if (rep > shape.max_rep() || def > shape.max_def()) return Contradiction("one is beyond its layers");
    if (at == 0 && rep != shape.max_rep()) return Contradiction("the first does not begin a row");
    for (size_t k = 0; k < layers.size(); k++) {
      const Shape::Layer& layer = layers[k];
      const bool begins = rep >= layer.rep;
      const bool parent_null = def > layer.top;
      const bool is_null = parent_null || (layer.null_level != 0 && def == layer.null_level);
      const bool is_empty = layer.empty_level != 0 && def == layer.empty_level;
      if (begins) slots[k].Add(!is_null, layer.is_list, layer.is_list ? slots[k + 1].count() : 0);
      if (!layer.is_list) continue;
      if (!is_null && !is_empty) continue;
      if (!begins) return Contradiction("a null or empty list within a list");
      break;  // nothing inside
    }
  }
  return slots;
}

Result<Buffer> Offsets(const Slots& slots, int64_t end, bool wide) {
  if (!wide && end > std::numeric_limits<int32_t>::max())
    return OverBudget("over 2^31 list items were read at once; read fewer rows");
  std::vector<uint8_t> out;
  out.reserve((slots.starts.size() + 1) * (wide ? 8 : 4));
  const auto put = [&](int64_t offset) {
    if (wide)
      Put<int64_t>(out, offset);
    else
      Put<int32_t>(out, static_cast<int32_t>(offset));
  };
  for (int64_t start : slots.starts) put(start);
  put(end);
  return Buffer::Of(std::move(out));
}

std::vector<const DataType*> TypesOf(const DataType& path) {
  std::vector<const DataType*> types = {&path};
  while (!IsLeaf(*types.back())) types.push_back(&types.back()->children[0].type);
  return types;
}

}  // namespace

const DataType& LeafOf(const DataType& path) { return *TypesOf(path).back(); }

Result<Shape> Shape::Of(const google::protobuf::RepeatedField<int>& layers, const DataType& path) {
  const auto types = TypesOf(path);
  if (static_cast<size_t>(layers.size()) != types.size())
    return Corruption("a page of " + std::to_string(layers.size()) + " layers for " + path.ToString());
  Shape shape;
  uint16_t level = 0;
  bool seen_list = false;
  for (size_t i = 0; i < types.size(); i++) {  // innermost first
    const TypeId id = types[types.size() - 1 - i]->id;
    Layer layer;
    layer.is_list = id == TypeId::kList || id == TypeId::kLargeList;
    const int kind = layers[static_cast<int>(i)];
    const bool is_item = kind == pb21::ALL_VALID_ITEM || kind == pb21::NULLABLE_ITEM;
    if (kind < pb21::ALL_VALID_ITEM || kind > pb21::NULL_AND_EMPTY_LIST || is_item == layer.is_list)
      return Corruption("a page whose layers are not those of " + path.ToString());
    if (kind == pb21::NULLABLE_ITEM || kind == pb21::NULLABLE_LIST || kind == pb21::NULL_AND_EMPTY_LIST)
      layer.null_level = ++level;
    if (kind == pb21::EMPTYABLE_LIST || kind == pb21::NULL_AND_EMPTY_LIST) layer.empty_level = ++level;
    layer.top = level;
    seen_list = seen_list || layer.is_list;
    if (!seen_list) shape.max_visible_ = level;
    if (layer.is_list) shape.max_rep_++;
    layer.rep = shape.max_rep_;
    shape.layers_.insert(shape.layers_.begin(), layer);
  }
  return shape;
}

Result<Array> Nest(const Shape& shape, const DataType& path, const Levels& levels, Array leaf, int64_t num_rows) {
  if (levels.count() == 0 && shape.has_lists() && (num_rows > 0 || leaf.length > 0))
    return Contradiction("lists without any");
  if (shape.is_flat() && levels.count() == 0) {
    if (leaf.length != num_rows) return Contradiction("they hold another number of rows");
    return leaf;
  }
  Levels zeros;
  const Levels* all = &levels;
  if (levels.count() == 0) {
    zeros.def.resize(static_cast<size_t>(leaf.length));
    all = &zeros;
  }
  const std::vector<Slots> slots = TRY(Sort(shape, *all));
  if (slots.front().count() != num_rows) return Contradiction("they hold another number of rows");
  if (slots.back().count() != leaf.length) return Contradiction("they hold another number of values");
  if (slots.back().any_null && leaf.type.id != TypeId::kNull) {
    std::vector<uint8_t> validity(static_cast<size_t>(leaf.offset), 1);  // of the rows before a slice
    validity.insert(validity.end(), slots.back().validity.begin(), slots.back().validity.end());
    leaf.validity = PackBits(validity);
  }
  const auto types = TypesOf(path);
  Array inner = std::move(leaf);
  for (size_t k = types.size() - 1; k-- > 0;) {
    Array outer;
    outer.type = *types[k];
    outer.length = slots[k].count();
    if (slots[k].any_null) outer.validity = PackBits(slots[k].validity);
    if (shape.layers()[k].is_list)
      outer.buffers.push_back(TRY(Offsets(slots[k], inner.length, types[k]->id == TypeId::kLargeList)));
    outer.children.push_back(std::move(inner));
    inner = std::move(outer);
  }
  return inner;
}

}  // namespace squire::lance
