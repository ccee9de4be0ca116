// What another writer's commit does to one that was prepared before it.

#include <algorithm>

#include "table/draft.h"

namespace squire::table {
namespace {

const pb::Field* FindField(const pb::Manifest& manifest, int32_t id) {
  for (const pb::Field& field : manifest.fields())
    if (field.id() == id) return &field;
  return nullptr;
}

/// New rows lack the columns that were added meanwhile; those must take nulls. Columns that are in both must agree.
Result<void> CheckColumnsOfNewRows(const Snapshot& base, const Snapshot& latest) {
  for (const pb::Field& field : latest.manifest().fields()) {
    const pb::Field* before = FindField(base.manifest(), field.id());
    if (before == nullptr && field.parent_id() < 0 && field.nullable()) continue;
    if (before == nullptr && field.parent_id() >= 0) continue;  // a part of a new column
    if (before == nullptr) return Conflict("another writer added column '" + field.name() + "', which takes no nulls");
    if (before->logical_type() != field.logical_type() || before->parent_id() != field.parent_id() ||
        (before->nullable() && !field.nullable()))
      return Conflict("another writer changed the type of column '" + field.name() + "'");
  }
  return {};
}

std::string WithoutDeletions(pb::DataFragment fragment) {
  fragment.clear_deletion_file();
  return fragment.SerializeAsString();
}

Error Replaced(uint64_t id) { return Conflict("fragment " + std::to_string(id) + " was replaced by another writer"); }

Result<void> CheckDeletes(const Snapshot& base, const Snapshot& latest, const Change& change) {
  for (const auto& [id, rows] : change.deleted_rows) {
    const Fragment* before = base.FindFragment(id);
    const Fragment* after = latest.FindFragment(id);
    if (before == nullptr || after == nullptr) return Replaced(id);
    // A column that was added or dropped leaves the rows where they are; new values for some would be lost by an
    // update.
    const bool keeps_rows = change.kind == Change::Kind::kDelete
                                ? before->physical_rows() == after->physical_rows()
                                : WithoutDeletions(before->meta()) == WithoutDeletions(after->meta());
    if (!keeps_rows) return Replaced(id);
  }
  return {};
}

/// The columns' files were made for the rows of these very fragments.
Result<void> CheckFragmentsStand(const Snapshot& base, const Snapshot& latest) {
  const auto& before = base.manifest().fragments();
  const auto& after = latest.manifest().fragments();
  const bool same = std::ranges::equal(before, after, [](const pb::DataFragment& a, const pb::DataFragment& b) {
    return a.id() == b.id() && WithoutDeletions(a) == WithoutDeletions(b);
  });
  if (!same) return Conflict("another writer added or replaced rows while a column was added");
  return {};
}

/// What is to be replaced is still there, and nothing else has its name.
Result<void> CheckIndexes(const Snapshot& latest, const Change& change) {
  std::set<std::string> there;
  for (const pb::IndexMetadata& index : latest.indices().indices()) {
    const std::string uuid = UuidText(index.uuid());
    there.insert(uuid);
    const bool is_removed = std::ranges::find(change.removed_indices, uuid) != change.removed_indices.end();
    for (const pb::IndexMetadata& added : change.new_indices)
      if (!is_removed && added.name() == index.name())
        return Conflict("another writer made an index '" + index.name() + "'");
  }
  for (const std::string& uuid : change.removed_indices)
    if (!there.contains(uuid)) return Conflict("another writer replaced an index");
  return {};
}

}  // namespace

bool HaveSameFields(const Snapshot& base, const Snapshot& latest) {
  const auto& before = base.manifest().fields();
  const auto& after = latest.manifest().fields();
  return std::ranges::equal(before, after, [](const pb::Field& a, const pb::Field& b) {
    return a.id() == b.id() && a.parent_id() == b.parent_id() && a.name() == b.name() &&
           a.logical_type() == b.logical_type() && a.nullable() == b.nullable();
  });
}

Result<void> CheckRebase(const Snapshot& base, const Snapshot& latest, const Change& change) {
  using Kind = Change::Kind;
  if (base.version() == latest.version()) return {};
  switch (change.kind) {
    case Kind::kOverwrite:
    case Kind::kRestore: return {};
    case Kind::kAppend: return CheckColumnsOfNewRows(base, latest);
    case Kind::kDelete: return CheckDeletes(base, latest, change);
    case Kind::kUpdate:
      if (!HaveSameFields(base, latest)) return Conflict("another writer changed the schema");
      return CheckDeletes(base, latest, change);
    case Kind::kProject:
      if (!HaveSameFields(base, latest)) return Conflict("another writer changed the schema");
      return {};
    case Kind::kAddColumns:
      if (!HaveSameFields(base, latest)) return Conflict("another writer changed the schema");
      // Columns of nulls need no files: they stand whatever rows came.
      if (change.new_files.empty()) return {};
      return CheckFragmentsStand(base, latest);
    case Kind::kCreateIndex:
      for (const pb::IndexMetadata& index : change.new_indices) {
        for (int32_t field : index.fields())
          if (FindField(latest.manifest(), field) == nullptr) return Conflict("another writer dropped the column");
      }
      return CheckIndexes(latest, change);
    case Kind::kRewrite:
      if (!HaveSameFields(base, latest)) return Conflict("another writer changed the schema");
      for (uint64_t id : change.rewritten) {
        const Fragment* before = base.FindFragment(id);
        const Fragment* after = latest.FindFragment(id);
        if (before == nullptr || after == nullptr) return Replaced(id);
        if (WithoutDeletions(before->meta()) != WithoutDeletions(after->meta()))
          return Conflict("fragment " + std::to_string(id) + " changed while it was rewritten");
      }
      return {};
  }
  return {};
}

}  // namespace squire::table
