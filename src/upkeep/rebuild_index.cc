#include "upkeep/rebuild_index.h"

#include "index/key/btree.h"
#include "index/text/parameters.h"
#include "index/text/write_index.h"
#include "upkeep/check_fragment.h"
#include "upkeep/check_index.h"

namespace squire::upkeep {
namespace {

using How = decltype(IndexRecipe::how);

Result<How> KeyRecipe(const Field& column) {
  if (!index::CanIndex(column.type)) return Unsupported("no key index is made of " + column.type.ToString());
  return How(IndexRecipe::Key());
}

Result<How> VectorRecipe(const table::Snapshot& snapshot, const pb::IndexMetadata& index, const Field& column) {
  if (!vector::CanIndexVectors(column.type)) return Unsupported("no vector index is made of " + column.type.ToString());
  const vector::WriteIndexOptions options = TRY(vector::OptionsLike(snapshot, index));
  return How(options);
}

/// An entry whose files do not say may have others beside it, of the same name, that do.
Result<How> TextRecipe(const table::Snapshot& snapshot, const pb::IndexMetadata& index) {
  auto parameters = text::ParametersOf(snapshot, index);
  for (const pb::IndexMetadata& other : snapshot.indices().indices()) {
    if (parameters || other.name() != index.name() || !text::IsTextIndex(other)) continue;
    parameters = text::ParametersOf(snapshot, other);
  }
  if (!parameters) return std::move(parameters.error());
  for (const text::TextIndexParameters::Column& column : parameters->columns) {
    const Field* field = snapshot.FindField(column.field_id);
    if (field == nullptr || !text::CanIndexText(field->type)) return Unsupported("it is of a column that has no texts");
  }
  return How(*std::move(parameters));
}

Result<How> HowItWasMade(const table::Snapshot& snapshot, const pb::IndexMetadata& index) {
  if ((snapshot.manifest().reader_feature_flags() & lance::kFlagStableRowIds) != 0)
    return Unsupported("a table with stable row ids gets no index");
  if (index.has_base_id()) return Unsupported("it is of another base path");
  if (text::IsTextIndex(index)) return TextRecipe(snapshot, index);
  const Field* column = index.fields_size() == 1 ? snapshot.FindField(index.fields(0)) : nullptr;
  if (column == nullptr || ColumnOf(snapshot, index).empty()) return Unsupported("it is of no column");
  const std::string& kind = index.index_details().type_url();
  if (kind == index::kBTreeDetailsUrl) return KeyRecipe(*column);
  if (kind == vector::kVectorDetailsUrl) return VectorRecipe(snapshot, index, *column);
  return Unsupported("indexes of its kind are not made here");
}

}  // namespace

Result<std::optional<IndexRecipe>> RecipeOf(const table::Snapshot& snapshot, const pb::IndexMetadata& index,
                                            std::string& why) {
  auto how = HowItWasMade(snapshot, index);
  if (!how) {
    const Code code = how.error().code;
    if (!IsDamage(how.error()) && code != Code::kUnsupported && code != Code::kInvalidArgument) return how.error();
    why = how.error().message;
    return std::optional<IndexRecipe>();
  }
  IndexRecipe out{index.name(), ColumnOf(snapshot, index), {}, *std::move(how)};
  for (const pb::IndexMetadata& part : snapshot.indices().indices())
    if (part.name() == index.name()) out.replaced.push_back(table::UuidText(part.uuid()));
  return std::optional(std::move(out));
}

Result<pb::IndexMetadata> Rebuild(const table::Snapshot& snapshot, const IndexRecipe& recipe) {
  if (const auto* options = std::get_if<vector::WriteIndexOptions>(&recipe.how))
    return vector::WriteVectorIndex(snapshot, recipe.column, recipe.name, *options);
  const auto* parameters = std::get_if<text::TextIndexParameters>(&recipe.how);
  if (parameters == nullptr) return index::WriteBTree(snapshot, recipe.column, recipe.name, nullptr);
  text::TextIndexWork work;
  work.parameters = *parameters;
  work.name = recipe.name;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) work.fragments.insert(snapshot.fragment(i).id());
  return text::WriteTextIndex(snapshot, work);
}

}  // namespace squire::upkeep
