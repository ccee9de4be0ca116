#include "upkeep/rebuild_index.h"

#include "index/key/btree.h"
#include "index/text/parameters.h"
#include "index/text/write_index.h"
#include "upkeep/check_fragment.h"
#include "upkeep/check_index.h"

namespace squire::upkeep {
namespace {

/// An entry whose files do not say may have others beside it, of the same name, that do.
Result<void> FindWords(const table::Snapshot& snapshot, const pb::IndexMetadata& index, IndexRecipe& recipe) {
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
  recipe.words.emplace(*std::move(parameters));
  return {};
}

Result<void> FindHowItWasMade(const table::Snapshot& snapshot, const pb::IndexMetadata& index, IndexRecipe& recipe) {
  if ((snapshot.manifest().reader_feature_flags() & lance::kFlagStableRowIds) != 0)
    return Unsupported("a table with stable row ids gets no index");
  if (index.has_base_id()) return Unsupported("it is of another base path");
  recipe.column = ColumnOf(snapshot, index);
  if (text::IsTextIndex(index)) return FindWords(snapshot, index, recipe);
  const Field* column = index.fields_size() == 1 ? snapshot.FindField(index.fields(0)) : nullptr;
  if (column == nullptr || recipe.column.empty()) return Unsupported("it is of no column");
  const std::string& kind = index.index_details().type_url();
  const bool is_key = kind == index::kBTreeDetailsUrl;
  if (!is_key && kind != vector::kVectorDetailsUrl) return Unsupported("indexes of its kind are not made here");
  if (is_key ? !index::CanIndex(column->type) : !vector::CanIndexVectors(column->type))
    return Unsupported("no index of its kind is made of " + column->type.ToString());
  if (!is_key) recipe.vectors.emplace(TRY(vector::OptionsLike(snapshot, index)));
  return {};
}

}  // namespace

Result<std::unique_ptr<IndexRecipe>> RecipeOf(const table::Snapshot& snapshot, const pb::IndexMetadata& index,
                                              std::string& why) {
  auto out = std::make_unique<IndexRecipe>();
  out->name = index.name();
  if (const auto found = FindHowItWasMade(snapshot, index, *out); !found) {
    const Code code = found.error().code;
    if (!IsDamage(found.error()) && code != Code::kUnsupported && code != Code::kInvalidArgument) return found.error();
    why = found.error().message;
    return nullptr;
  }
  for (const pb::IndexMetadata& part : snapshot.indices().indices())
    if (part.name() == index.name()) out->replaced.push_back(table::UuidText(part.uuid()));
  return out;
}

Result<pb::IndexMetadata> Rebuild(const table::Snapshot& snapshot, const IndexRecipe& recipe) {
  if (recipe.vectors) return vector::WriteVectorIndex(snapshot, recipe.column, recipe.name, *recipe.vectors);
  if (!recipe.words) return index::WriteBTree(snapshot, recipe.column, recipe.name, nullptr);
  text::TextIndexWork work;
  work.parameters = *recipe.words;
  work.name = recipe.name;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) work.fragments.insert(snapshot.fragment(i).id());
  return text::WriteTextIndex(snapshot, work);
}

}  // namespace squire::upkeep
