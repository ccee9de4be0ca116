#include "query/where/columns.h"

#include <algorithm>

#include "base/bits.h"
#include "query/where/lexer.h"

namespace squire::where {
namespace {

constexpr size_t kNearNameBytesMax = 64;  // longer names are compared for nearness by nobody

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool SameInAnyCase(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, Lower, Lower); }

/// Levenshtein distance, whatever the case.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) row[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      const size_t replaced = diagonal + (Lower(a[i - 1]) != Lower(b[j - 1]));
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

/// Position of `name` among `fields`: exactly, else the only one that differs in case alone; -1 none, -2 several.
int FindField(std::span<const Field> fields, std::string_view name, bool any_case) {
  int found = -1;
  for (size_t i = 0; i < fields.size(); i++) {
    if (fields[i].name == name) return static_cast<int>(i);
    if (any_case && SameInAnyCase(fields[i].name, name)) found = found == -1 ? static_cast<int>(i) : -2;
  }
  return found;
}

Error NoSuchField(std::span<const Field> fields, std::string_view name, const std::string& inside, int why) {
  const std::string where = inside.empty() ? "the table" : "'" + inside + "'";
  const std::string what = inside.empty() ? "column" : "field";
  if (why == -2)
    return InvalidArgument("several " + what + "s of " + where + " are called '" + std::string(name) +
                           "' but for their case; write one of them in `backticks`");
  std::vector<std::string_view> names;
  for (const Field& field : fields) names.push_back(field.name);
  return InvalidArgument(where + " has no " + what + " '" + std::string(name) + "'" + NearNames(name, names));
}

}  // namespace

std::string NearNames(std::string_view name, std::span<const std::string_view> names) {
  std::vector<std::pair<size_t, std::string_view>> near;
  if (name.size() <= kNearNameBytesMax) {
    for (const std::string_view other : names) {
      if (other.size() > kNearNameBytesMax) continue;
      const size_t distance = EditDistance(name, other);
      if (distance <= std::max<size_t>(1, name.size() / 3)) near.emplace_back(distance, other);
    }
  }
  std::ranges::stable_sort(near, {}, [](const auto& entry) { return entry.first; });
  if (near.size() > 3) near.resize(3);
  std::string out;
  for (const auto& [distance, other] : near)
    out += (out.empty() ? "; did you mean '" : " or '") + std::string(other) + "'";
  if (!out.empty()) return out + "?";
  for (const std::string_view other : names.first(std::min<size_t>(names.size(), 20)))
    out += (out.empty() ? "; there are " : ", ") + std::string(other.substr(0, kNearNameBytesMax));
  return out + (names.size() > 20 ? ", ..." : "");
}

Result<uint32_t> Columns::Find(std::span<const std::string> parts, bool any_case) {
  Path path;
  std::span<const Field> fields = schema_->fields;
  int top = -1;
  for (const std::string& part : parts) {
    const int at = FindField(fields, part, any_case);
    if (at < 0) return NoSuchField(fields, part, path.name, at);
    const Field& field = fields[static_cast<size_t>(at)];
    path.name += (path.name.empty() ? "" : ".") + field.name;
    path.parts.push_back(field.name);
    path.type = field.type;
    if (top < 0)
      top = at;
    else
      path.children.push_back(at);
    if (&part == &parts.back()) break;
    if (field.type.id != TypeId::kStruct)
      return InvalidArgument("'" + path.name + "' has no fields: it is of type " + field.type.ToString());
    fields = field.type.children;
  }
  const std::string& column = schema_->fields[static_cast<size_t>(top)].name;
  const auto known = std::ranges::find(names_, column);
  path.column = static_cast<size_t>(known - names_.begin());
  if (known == names_.end()) names_.push_back(column);
  for (size_t i = 0; i < paths_.size(); i++) {
    if (paths_[i].column == path.column && paths_[i].children == path.children) return static_cast<uint32_t>(i);
  }
  paths_.push_back(std::move(path));
  return static_cast<uint32_t>(paths_.size() - 1);
}

Array Columns::Resolve(const Path& path, std::span<const Array* const> columns) {
  Array array = *columns[path.column];
  for (const int child : path.children) {
    Array field = array.children[static_cast<size_t>(child)];
    if (!array.validity.empty()) {
      std::vector<uint8_t> valid(static_cast<size_t>(field.offset + field.length), 1);
      for (int64_t row = 0; row < field.length; row++)
        valid[static_cast<size_t>(field.offset + row)] = array.IsValid(row) && field.IsValid(row);
      field.validity = PackBits(valid);
    }
    array = std::move(field);
  }
  return array;
}

}  // namespace squire::where
