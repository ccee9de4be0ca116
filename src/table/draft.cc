#include "table/draft.h"

#include <algorithm>

#include "base/clock.h"
#include "base/ids.h"
#include "lance/logical_type.h"
#include "lance/proto/row_ids.pb.h"
#include "table/row_ids.h"

#ifndef SQUIRE_VERSION
#define SQUIRE_VERSION "0.0.0"
#endif

namespace squire::table {
namespace {

using Kind = Change::Kind;

std::string Range(uint64_t start, uint64_t end) {
  pb::RowIdSequence ids;
  ids.add_segments()->mutable_range()->set_start(start);
  ids.mutable_segments(0)->mutable_range()->set_end(end);
  return ids.SerializeAsString();
}

}  // namespace

int32_t HighestFieldId(const pb::Manifest& manifest) {
  int32_t highest = manifest.max_allocated_field_id();
  for (const pb::Field& field : manifest.fields()) highest = std::max(highest, field.id());
  for (const pb::DataFragment& fragment : manifest.fragments())
    for (const pb::DataFile& file : fragment.files())
      for (int32_t id : file.fields()) highest = std::max(highest, id);
  return highest;
}

/// Fields of a derived manifest that belong to its file alone are set by SerializeManifest and Publish.
pb::Manifest NextManifest(const pb::Manifest& base) {
  pb::Manifest next = base;
  next.set_version(base.version() + 1);
  next.clear_transaction_file();
  const int64_t now = NowNs();
  next.mutable_timestamp()->set_seconds(now / 1'000'000'000);
  next.mutable_timestamp()->set_nanos(static_cast<int32_t>(now % 1'000'000'000));
  // A missing writer version makes other readers take the table for one of an ancient writer and migrate it.
  next.mutable_writer_version()->Clear();
  next.mutable_writer_version()->set_library("squire");
  next.mutable_writer_version()->set_version(SQUIRE_VERSION);
  return next;
}

Draft::Draft(const Snapshot& onto)
    : onto_(onto), fs_(onto.files()->fs()), version_{NextManifest(onto.manifest()), onto.indices(), {}, {}, {}, {}} {
  transaction_.set_read_version(onto_.version());
}

Draft::~Draft() {
  for (const std::string& path : leftovers_) RemoveLeftover(fs_, onto_.paths(), path);
}

Result<void> Draft::Add(const Snapshot& base, const Change& change) {
  TRY(AddDeletes(change));
  TRY(AddSchema(change));
  if (change.kind == Kind::kRestore) Restore(change);
  if (change.kind == Kind::kRewrite)
    TRY(AddRewrite(base, change));
  else
    AddFragments(change);
  AddIndices(change);
  changes_.push_back(&change);
  return {};
}

Result<void> Draft::AddDeletes(const Change& change) {
  for (const auto& [id, rows] : change.deleted_rows) {  // all of them before any is taken over
    Fragment* fragment = onto_.FindFragment(id);
    if (fragment == nullptr) return Conflict("fragment " + std::to_string(id) + " was replaced by another writer");
    const auto before = deleted_.find(id);
    const lance::RowSet& all = before != deleted_.end() ? before->second : *TRY(fragment->Deleted());
    if (all.Intersects(rows)) return Conflict("another writer deleted some of the same rows");
  }
  for (const auto& [id, rows] : change.deleted_rows) {
    const auto [at, is_new] = deleted_.try_emplace(id);
    if (is_new) at->second = *TRY(onto_.FindFragment(id)->Deleted());
    at->second.AddAll(rows);
  }
  return {};
}

/// The new fragments stand at the end: others want ids to ascend. Rows that others deleted since `base` are deleted
/// where they are now: the live rows of `base`, counted through the old fragments, are those of the new ones.
Result<void> Draft::AddRewrite(const Snapshot& base, const Change& change) {
  auto* group = transaction_.mutable_rewrite()->add_groups();
  std::vector<uint64_t> moved;  // places of rows to delete in the new fragments, one after the other
  uint64_t place = 0;
  const bool has_row_ids = (next_.writer_feature_flags() & lance::kFlagStableRowIds) != 0;
  RowIdentities identities;
  for (uint64_t id : change.rewritten) {
    Fragment* before = base.FindFragment(id);
    Fragment* fragment = onto_.FindFragment(id);
    if (before == nullptr || fragment == nullptr)
      return Conflict("fragment " + std::to_string(id) + " was replaced by another writer");
    *group->add_old_fragments() = fragment->meta();
    const lance::RowSet& then = *TRY(before->Deleted());
    const lance::RowSet& now = *TRY(fragment->Deleted());
    if (has_row_ids) TRY(identities.Take(before->meta(), then));
    if (then.count() == now.count()) {  // deletions only ever grow
      place += then.num_rows() - then.count();
      continue;
    }
    for (uint64_t row = 0; row < then.num_rows(); row++) {
      if (then.Contains(row)) continue;
      if (now.Contains(row)) moved.push_back(place);
      place++;
    }
  }
  std::vector<pb::DataFragment> named(change.new_fragments);
  uint64_t written = 0;
  for (const pb::DataFragment& fragment : named) written += fragment.physical_rows();
  if (written != place)
    return Internal(std::to_string(written) + " rows were written anew of " + std::to_string(place));
  uint64_t next_id = NextFragmentId(), first = 0;
  auto next_moved = moved.begin();
  for (pb::DataFragment& fragment : named) {
    fragment.set_id(next_id++);
    if (has_row_ids) identities.Give(fragment);
    lance::RowSet deleted(fragment.physical_rows());
    for (; next_moved != moved.end() && *next_moved < first + fragment.physical_rows(); ++next_moved)
      (void)deleted.Add(*next_moved - first);
    if (!deleted.empty()) deleted_.emplace(fragment.id(), std::move(deleted));
    first += fragment.physical_rows();
  }
  if (next_id > 0) next_.set_max_fragment_id(static_cast<uint32_t>(next_id - 1));
  RemoveNext({change.rewritten.begin(), change.rewritten.end()});
  for (const pb::DataFragment& fragment : named) {
    *next_.add_fragments() = fragment;
    rewritten_as_.push_back(fragment.id());
  }
  return {};
}

Result<void> Draft::AddSchema(const Change& change) {
  if (change.kind == Kind::kOverwrite) {
    next_.clear_fragments();
    *next_.mutable_fields() = TRY(lance::ToFields(*change.schema));
    next_.clear_schema_metadata();
    for (const auto& [key, value] : change.schema->metadata) (*next_.mutable_schema_metadata())[key] = value;
    version_.indices.Clear();
  }
  if (change.kind != Kind::kProject && change.kind != Kind::kAddColumns) return {};
  if (next_.has_max_allocated_field_id()) {
    int32_t highest = HighestFieldId(next_);
    for (const pb::Field& field : change.fields) highest = std::max(highest, field.id());
    next_.set_max_allocated_field_id(highest);
  }
  *next_.mutable_fields() = change.fields;
  for (const auto& [id, file] : change.new_files) {
    pb::DataFragment* fragment = FindNext(id);
    if (fragment == nullptr) return Conflict("fragment " + std::to_string(id) + " was replaced by another writer");
    *fragment->add_files() = file;
  }
  return {};
}

/// The old version's content under the next number; ids that were given out since are not given out again.
void Draft::Restore(const Change& change) {
  const pb::Manifest now = next_;
  next_ = change.restored->manifest();
  next_.set_version(now.version());
  *next_.mutable_timestamp() = now.timestamp();
  *next_.mutable_writer_version() = now.writer_version();
  next_.clear_transaction_file();
  if (now.has_max_fragment_id()) next_.set_max_fragment_id(std::max(now.max_fragment_id(), next_.max_fragment_id()));
  next_.set_next_row_id(std::max(now.next_row_id(), next_.next_row_id()));
  if (now.has_max_allocated_field_id())
    next_.set_max_allocated_field_id(std::max(now.max_allocated_field_id(), next_.max_allocated_field_id()));
  version_.indices = change.restored->indices();
}

uint64_t Draft::NextFragmentId() const {
  uint64_t next_id = next_.has_max_fragment_id() ? uint64_t{next_.max_fragment_id()} + 1 : 0;
  for (const pb::DataFragment& fragment : onto_.manifest().fragments()) next_id = std::max(next_id, fragment.id() + 1);
  return next_id;
}

void Draft::AddFragments(const Change& change) {
  uint64_t next_id = NextFragmentId();
  for (pb::DataFragment fragment : change.new_fragments) {
    fragment.set_id(next_id++);
    if (next_.writer_feature_flags() & lance::kFlagStableRowIds) AddRowIds(fragment);
    *next_.add_fragments() = fragment;
    added_.push_back(std::move(fragment));
  }
  if (next_id > 0) next_.set_max_fragment_id(static_cast<uint32_t>(next_id - 1));
}

void Draft::AddRowIds(pb::DataFragment& fragment) {
  const uint64_t rows = fragment.physical_rows(), first = next_.next_row_id();
  fragment.set_inline_row_ids(Range(first, first + rows));
  next_.set_next_row_id(first + rows);
  pb::RowVersionSequence versions;
  pb::RowVersionRun* run = versions.add_runs();
  run->mutable_span()->mutable_range()->set_end(rows);
  run->set_version(next_.version());
  fragment.set_inline_created_at_versions(versions.SerializeAsString());
  fragment.set_inline_last_updated_at_versions(versions.SerializeAsString());
}

void Draft::AddIndices(const Change& change) {
  std::set<int32_t> fields;
  for (const pb::Field& field : next_.fields()) fields.insert(field.id());
  const auto is_dropped = [&](const pb::IndexMetadata& index) {
    if (std::ranges::find(change.removed_indices, UuidText(index.uuid())) != change.removed_indices.end()) return true;
    return std::ranges::any_of(index.fields(), [&](int32_t field) { return !fields.contains(field); });
  };
  auto* indices = version_.indices.mutable_indices();
  for (const pb::IndexMetadata& index : *indices)
    if (is_dropped(index)) dropped_indices_.push_back(index);
  indices->erase(std::remove_if(indices->begin(), indices->end(), is_dropped), indices->end());
  for (const pb::IndexMetadata& index : change.new_indices) *version_.indices.add_indices() = index;
}

void Draft::WriteDeletes() {
  for (auto& [id, rows] : deleted_) {
    pb::DataFragment* fragment = FindNext(id);
    if (rows.count() == rows.num_rows()) {
      removed_.insert(id);
      continue;
    }
    pb::DeletionFile* file = fragment->mutable_deletion_file();
    file->Clear();
    file->set_file_type(pb::DeletionFile::BITMAP);
    file->set_read_version(onto_.version());
    file->set_id(names_.DeletionId());
    file->set_num_deleted_rows(rows.count());
    version_.files.push_back({onto_.paths().DeletionFile(id, *file), lance::SerializeRoaring(rows)});
    updated_.push_back(*fragment);
  }
  if (!updated_.empty() || onto_.manifest().reader_feature_flags() & lance::kFlagDeletions) {
    next_.set_reader_feature_flags(next_.reader_feature_flags() | lance::kFlagDeletions);
    next_.set_writer_feature_flags(next_.writer_feature_flags() | lance::kFlagDeletions);
  }
  RemoveNext(removed_);
}

/// The operation as other writers will read it, to find whether theirs conflicts with it.
void Draft::Describe() {
  const auto all_are = [&](Kind kind) {
    return std::ranges::all_of(changes_, [&](const Change* change) { return change->kind == kind; });
  };
  if (all_are(Kind::kAppend)) {
    auto* append = transaction_.mutable_append();
    for (const auto& fragment : added_) *append->add_fragments() = fragment;
  } else if (all_are(Kind::kDelete)) {
    auto* del = transaction_.mutable_delete_();
    for (const auto& fragment : updated_) *del->add_updated_fragments() = fragment;
    for (uint64_t id : removed_) del->add_deleted_fragment_ids(id);
    del->set_predicate(changes_.front()->predicate);
  } else if (changes_.size() > 1 || all_are(Kind::kUpdate)) {
    auto* update = transaction_.mutable_update();
    for (const auto& fragment : updated_) *update->add_updated_fragments() = fragment;
    for (uint64_t id : removed_) update->add_removed_fragment_ids(id);
    for (const auto& fragment : added_) *update->add_new_fragments() = fragment;
  } else {
    DescribeAlone();
  }
}

void Draft::DescribeAlone() {
  const Change& change = *changes_.front();
  switch (change.kind) {
    case Kind::kRewrite: {
      auto* group = transaction_.mutable_rewrite()->mutable_groups(0);
      for (uint64_t id : rewritten_as_)  // with their deletions; one without a live row is not there
        if (const pb::DataFragment* fragment = FindNext(id)) *group->add_new_fragments() = *fragment;
      return;
    }
    case Kind::kOverwrite: {
      auto* overwrite = transaction_.mutable_overwrite();
      for (const auto& fragment : added_) *overwrite->add_fragments() = fragment;
      *overwrite->mutable_schema() = next_.fields();
      *overwrite->mutable_schema_metadata() = next_.schema_metadata();
      return;
    }
    case Kind::kProject: {
      *transaction_.mutable_project()->mutable_schema() = next_.fields();
      transaction_.mutable_project()->set_preserves_nullability(true);
      return;
    }
    case Kind::kAddColumns: {
      auto* merge = transaction_.mutable_merge();
      *merge->mutable_fragments() = next_.fragments();
      *merge->mutable_schema() = next_.fields();
      *merge->mutable_schema_metadata() = next_.schema_metadata();
      merge->set_preserves_nullability(std::ranges::all_of(change.fields, [&](const pb::Field& field) {
        return field.nullable() || std::ranges::find(onto_.manifest().fields(), field.id(), &pb::Field::id) !=
                                       onto_.manifest().fields().end();
      }));
      return;
    }
    case Kind::kCreateIndex: {
      auto* create = transaction_.mutable_create_index();
      for (const auto& index : change.new_indices) *create->add_new_indices() = index;
      for (const auto& index : dropped_indices_) *create->add_removed_indices() = index;
      return;
    }
    default: transaction_.mutable_restore()->set_version(change.restored->version()); return;
  }
}

Result<void> Draft::ListFolders() {
  const Paths& paths = onto_.paths();
  const bool has_data = std::ranges::any_of(
      changes_, [](const Change* change) { return !change->new_fragments.empty() || !change->new_files.empty(); });
  if (has_data) version_.folders.push_back(paths.Data());
  if (!version_.files.empty()) {
    TRY(fs_.CreateFolders(paths.Deletions()));
    version_.folders.push_back(paths.Deletions());
  }
  for (const Change* change : changes_) {
    for (const pb::IndexMetadata& index : change->new_indices) {
      version_.folders.push_back(paths.Index(UuidText(index.uuid())));
      version_.folders.push_back(paths.Indices());
    }
  }
  // The folders themselves may be new: made by this attempt, or by one that died before it synced their names.
  if (!version_.folders.empty()) version_.folders.push_back(paths.root);
  return {};
}

Result<void> Draft::Publish() {
  names_ = TRY(onto_.NewNames());
  version_.mark = names_.Mark();
  transaction_.set_uuid(names_.Uuid());
  WriteDeletes();
  Describe();
  TRY(ListFolders());
  // Writers that name manifests in two ways would not see each other.
  const Paths& paths = onto_.paths();
  const std::string path =
      onto_.has_current_naming() ? paths.Manifest(next_.version()) : paths.OldManifest(next_.version());
  return PublishVersion(fs_, paths, path, version_, leftovers_);
}

pb::DataFragment* Draft::FindNext(uint64_t id) {
  for (pb::DataFragment& fragment : *next_.mutable_fragments()) {
    if (fragment.id() == id) return &fragment;
  }
  return nullptr;
}

void Draft::RemoveNext(const std::set<uint64_t>& ids) {
  auto* fragments = next_.mutable_fragments();
  fragments->erase(std::remove_if(fragments->begin(), fragments->end(),
                                  [&](const pb::DataFragment& fragment) { return ids.contains(fragment.id()); }),
                   fragments->end());
}

}  // namespace squire::table
