#include "lance/column_tree.h"

#include "lance/logical_type.h"

namespace squire::lance {
namespace {

// The recursions here follow a type, whose depth is at most kTypeDepthMax.

void CollectPaths(const ColumnTree& tree, std::vector<LeafPath>& out) {
  if (IsLeaf(tree.type)) {
    if (tree.column >= 0) out.push_back({tree.type, tree.column});
    return;
  }
  for (size_t i = 0; i < tree.children.size(); i++) {
    const size_t begin = out.size();
    CollectPaths(tree.children[i], out);
    for (size_t at = begin; at < out.size(); at++) {
      DataType outer(tree.type.id);
      Field child = tree.type.children[i];
      child.type = std::move(out[at].path);
      outer.children.push_back(std::move(child));
      out[at].path = std::move(outer);
    }
  }
}

size_t CountLeaves(const ColumnTree& tree) {
  if (IsLeaf(tree.type)) return tree.column >= 0 ? 1 : 0;
  size_t count = 0;
  for (const ColumnTree& child : tree.children) count += CountLeaves(child);
  return count;
}

Result<Array> Merge(const ColumnTree& tree, std::vector<Array> paths) {
  if (IsLeaf(tree.type)) return std::move(paths[0]);
  Array out = paths[0];
  out.type = tree.type;
  out.children.clear();
  for (const Array& path : paths) {
    if (path.length != out.length || path.children[0].length != paths[0].children[0].length)
      return Corruption("the fields of a struct differ in length");
  }
  const int64_t inner_length = paths[0].children[0].length;
  size_t at = 0;
  for (const ColumnTree& child : tree.children) {
    const size_t leaves = CountLeaves(child);
    if (leaves == 0) {
      out.children.push_back(TRY(NullArray(child.type, inner_length)));
      continue;
    }
    std::vector<Array> inner;
    for (size_t i = 0; i < leaves; i++) inner.push_back(std::move(paths[at++].children[0]));
    out.children.push_back(TRY(Merge(child, std::move(inner))));
  }
  return out;
}

}  // namespace

std::vector<LeafPath> LeafPaths(const ColumnTree& tree) {
  std::vector<LeafPath> out;
  CollectPaths(tree, out);
  return out;
}

Result<Array> MergePaths(const ColumnTree& tree, std::span<const Array> paths) {
  return Merge(tree, {paths.begin(), paths.end()});
}

}  // namespace squire::lance
