#include "query/text_check.h"

#include <algorithm>

#include "base/try.h"

namespace squire::query {

bool TextCheck::HoldsText(std::string_view text, const text::TextClause& clause) const {
  std::vector<std::vector<uint32_t>> places(clause.words.size());
  analyzer_.ForEach(text, [&](std::string_view word, uint32_t position) {
    for (size_t i = 0; i < clause.words.size(); i++)
      if (text::Matches(query_.patterns[clause.words[i]], query_.words[clause.words[i]], word))
        places[i].push_back(position);
  });
  const auto is_held = [](const std::vector<uint32_t>& one) { return !one.empty(); };
  if (clause.kind == text::TextClause::Kind::kAnyOf) return std::ranges::any_of(places, is_held);
  if (!std::ranges::all_of(places, is_held)) return false;
  if (clause.kind == text::TextClause::Kind::kAllOf) return true;
  return std::ranges::any_of(places[0], [&](uint32_t first) {
    for (size_t i = 1; i < places.size(); i++)
      if (!std::ranges::binary_search(places[i], first + clause.offsets[i])) return false;
    return true;
  });
}

Result<bool> TextCheck::Holds(uint64_t row, const text::TextClause& clause) const {
  table::Projection columns;
  for (const auto& column : parameters_.columns) {
    const Field* field = snapshot_.FindField(column.field_id);
    if (field == nullptr || (!clause.column.empty() && field->name != clause.column)) continue;
    columns.schema.fields.push_back(*field);
    columns.field_ids.push_back(column.field_id);
  }
  if (columns.field_ids.empty()) return NotFound("no column '" + clause.column + "' is searched");
  const Batch rows = TRY(table::TakeRows(snapshot_, columns, std::span(&row, 1)));
  return std::ranges::any_of(
      rows.columns, [&](const Array& column) { return column.IsValid(0) && HoldsText(column.Text(0), clause); });
}

}  // namespace squire::query
