#include "table/commit.h"

#include <algorithm>

#include "base/clock.h"
#include "base/ids.h"
#include "io/durable.h"
#include "lance/logical_type.h"

#ifndef SQUIRE_VERSION
#define SQUIRE_VERSION "0.0.0"
#endif

namespace squire::table {
namespace {

/// Files of one attempt, removed again unless the attempt becomes a version.
class Leftovers {
 public:
  explicit Leftovers(FileSystem& fs) : fs_(fs) {}
  ~Leftovers() {
    for (const std::string& path : paths_) (void)fs_.Remove(path);
  }
  void Add(std::string path) { paths_.push_back(std::move(path)); }
  void Keep() { paths_.clear(); }

 private:
  FileSystem& fs_;
  std::vector<std::string> paths_;
};

/// Files of an attempt that are written when it is published.
struct Unpublished {
  std::vector<NewFile> files;
  std::vector<std::string> folders;  ///< of new names: of these files, and of data files that were synced before
};

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

/// The transaction also stands in the manifest, which is what readers go by: this copy of it, for people and older
/// readers, is not synced.
Result<void> WriteTransaction(FileSystem& fs, const std::string& path, const pb::Transaction& transaction) {
  TRY(fs.CreateFolders(FolderOf(path)));
  auto file = TRY(fs.Create(path));
  TRY(file->Append(AsBytes(transaction.SerializeAsString())));
  return file->Close();
}

/// Makes all that the manifest names durable, then creates it, then the hint of where it is.
Result<void> Publish(FileSystem& fs, const Paths& paths, pb::Manifest& manifest, const pb::IndexSection& indices,
                     const pb::Transaction& transaction, const Unpublished& unpublished, Leftovers& leftovers) {
  const std::string name = std::to_string(transaction.read_version()) + "-" + transaction.uuid() + ".txn";
  leftovers.Add(paths.Transaction(name));
  TRY(WriteTransaction(fs, paths.Transaction(name), transaction));
  manifest.set_transaction_file(name);
  for (const NewFile& file : unpublished.files) leftovers.Add(file.path);
  if (!unpublished.folders.empty()) TRY(CreateDurable(fs, unpublished.files, unpublished.folders));
  auto published =
      fs.PublishIfAbsent(paths.Manifest(manifest.version()), lance::SerializeManifest(manifest, indices, transaction));
  if (published || published.error().code == Code::kCommitUnknown) leftovers.Keep();
  TRY(std::move(published));
  const std::string hint = "{\"version\":" + std::to_string(manifest.version()) + "}";
  (void)fs.Replace(paths.VersionHint(), AsBytes(hint));  // advisory: readers list when it is stale
  return {};
}

/// One attempt to lay a change over a snapshot.
class Attempt {
 public:
  Attempt(const Snapshot& onto, Change& change)
      : onto_(onto), fs_(onto.files()->fs()), change_(change), next_(NextManifest(onto.manifest())), leftovers_(fs_) {}

  Result<void> Run() {
    transaction_.set_read_version(onto_.version());
    transaction_.set_uuid(RandomUuid());
    TRY(DeleteRows());
    TRY(RemoveRewritten());
    const bool overwrites = change_.kind == Change::Kind::kOverwrite;
    if (overwrites) TRY(ReplaceSchema());
    AddFragments();
    Describe();
    TRY(ListFolders());
    return Publish(fs_, onto_.paths(), next_, overwrites ? pb::IndexSection() : onto_.indices(), transaction_,
                   unpublished_, leftovers_);
  }

 private:
  Result<void> DeleteRows() {
    for (const auto& [id, rows] : change_.deleted_rows) {
      Fragment* fragment = onto_.FindFragment(id);
      if (fragment == nullptr) return Conflict("fragment " + std::to_string(id) + " was replaced by another writer");
      lance::RowSet all = *TRY(fragment->Deleted());
      if (all.Intersects(rows)) return Conflict("another writer deleted some of the same rows");
      all.AddAll(rows);
      pb::DataFragment* target = FindNext(id);
      if (all.count() == static_cast<uint64_t>(fragment->physical_rows())) {
        removed_.push_back(id);
        continue;
      }
      AddDeletionFile(*target, all);
      updated_.push_back(*target);
    }
    if (!updated_.empty() || onto_.manifest().reader_feature_flags() & lance::kFlagDeletions) {
      next_.set_reader_feature_flags(next_.reader_feature_flags() | lance::kFlagDeletions);
      next_.set_writer_feature_flags(next_.writer_feature_flags() | lance::kFlagDeletions);
    }
    RemoveNext(removed_);
    return {};
  }

  void AddDeletionFile(pb::DataFragment& fragment, const lance::RowSet& rows) {
    pb::DeletionFile* file = fragment.mutable_deletion_file();
    file->Clear();
    file->set_file_type(pb::DeletionFile::BITMAP);
    file->set_read_version(onto_.version());
    file->set_id(RandomBits() >> 1);
    file->set_num_deleted_rows(rows.count());
    unpublished_.files.push_back({onto_.paths().DeletionFile(fragment.id(), *file), lance::SerializeRoaring(rows)});
  }

  Result<void> ListFolders() {
    const Paths& paths = onto_.paths();
    if (!change_.new_fragments.empty()) unpublished_.folders.push_back(paths.Data());
    if (!unpublished_.files.empty()) {
      TRY(fs_.CreateFolders(paths.Deletions()));
      unpublished_.folders.push_back(paths.Deletions());
    }
    // The folders themselves may be new: made by this attempt, or by one that died before it synced their names.
    if (!unpublished_.folders.empty()) unpublished_.folders.push_back(paths.root);
    return {};
  }

  Result<void> RemoveRewritten() {
    if (change_.rewritten.empty()) return {};
    auto* group = transaction_.mutable_rewrite()->add_groups();
    for (uint64_t id : change_.rewritten) {
      const Fragment* fragment = onto_.FindFragment(id);
      if (fragment == nullptr) return Conflict("fragment " + std::to_string(id) + " was replaced by another writer");
      *group->add_old_fragments() = fragment->meta();
    }
    RemoveNext(change_.rewritten);
    return {};
  }

  Result<void> ReplaceSchema() {
    next_.clear_fragments();
    *next_.mutable_fields() = TRY(lance::ToFields(*change_.schema));
    next_.clear_schema_metadata();
    for (const auto& [key, value] : change_.schema->metadata) (*next_.mutable_schema_metadata())[key] = value;
    return {};
  }

  void AddFragments() {
    uint64_t next_id = next_.has_max_fragment_id() ? uint64_t{next_.max_fragment_id()} + 1 : 0;
    for (const pb::DataFragment& fragment : onto_.manifest().fragments())
      next_id = std::max(next_id, fragment.id() + 1);
    for (pb::DataFragment& fragment : change_.new_fragments) {
      fragment.set_id(next_id++);
      *next_.add_fragments() = fragment;
    }
    if (next_id > 0) next_.set_max_fragment_id(static_cast<uint32_t>(next_id - 1));
  }

  void Describe() {
    switch (change_.kind) {
      case Change::Kind::kAppend: {
        auto* append = transaction_.mutable_append();
        for (const auto& fragment : change_.new_fragments) *append->add_fragments() = fragment;
        break;
      }
      case Change::Kind::kDelete: {
        auto* del = transaction_.mutable_delete_();
        for (const auto& fragment : updated_) *del->add_updated_fragments() = fragment;
        for (uint64_t id : removed_) del->add_deleted_fragment_ids(id);
        del->set_predicate(change_.predicate);
        break;
      }
      case Change::Kind::kUpdate: {
        auto* update = transaction_.mutable_update();
        for (const auto& fragment : updated_) *update->add_updated_fragments() = fragment;
        for (uint64_t id : removed_) update->add_removed_fragment_ids(id);
        for (const auto& fragment : change_.new_fragments) *update->add_new_fragments() = fragment;
        break;
      }
      case Change::Kind::kRewrite: {
        auto* group = transaction_.mutable_rewrite()->mutable_groups(0);
        for (const auto& fragment : change_.new_fragments) *group->add_new_fragments() = fragment;
        break;
      }
      case Change::Kind::kOverwrite: {
        auto* overwrite = transaction_.mutable_overwrite();
        for (const auto& fragment : change_.new_fragments) *overwrite->add_fragments() = fragment;
        *overwrite->mutable_schema() = next_.fields();
        *overwrite->mutable_schema_metadata() = next_.schema_metadata();
        break;
      }
    }
  }

  pb::DataFragment* FindNext(uint64_t id) {
    for (pb::DataFragment& fragment : *next_.mutable_fragments()) {
      if (fragment.id() == id) return &fragment;
    }
    return nullptr;
  }

  void RemoveNext(const std::vector<uint64_t>& ids) {
    auto* fragments = next_.mutable_fragments();
    fragments->erase(
        std::remove_if(fragments->begin(), fragments->end(),
                       [&](const pb::DataFragment& f) { return std::ranges::find(ids, f.id()) != ids.end(); }),
        fragments->end());
  }

  const Snapshot& onto_;
  FileSystem& fs_;
  Change& change_;
  pb::Manifest next_;
  pb::Transaction transaction_;
  Unpublished unpublished_;
  Leftovers leftovers_;
  std::vector<pb::DataFragment> updated_;
  std::vector<uint64_t> removed_;
};

/// What must hold for a change made against `base` to be laid over `latest`, besides what Attempt finds.
Result<void> CheckRebase(const Snapshot& base, const Snapshot& latest, const Change& change) {
  if (base.version() == latest.version() || change.kind == Change::Kind::kOverwrite) return {};
  if (!(base.schema() == latest.schema())) return Conflict("another writer changed the schema");
  for (size_t i = 0; i < base.schema().fields.size(); i++) {
    if (base.field_id(i) != latest.field_id(i)) return Conflict("another writer replaced a column");
  }
  const auto without_deletions = [](pb::DataFragment fragment) {
    fragment.clear_deletion_file();
    return fragment.SerializeAsString();
  };
  for (const auto& [id, rows] : change.deleted_rows) {
    const Fragment* before = base.FindFragment(id);
    const Fragment* after = latest.FindFragment(id);
    if (before == nullptr || after == nullptr || without_deletions(before->meta()) != without_deletions(after->meta()))
      return Conflict("fragment " + std::to_string(id) + " was replaced by another writer");
  }
  for (uint64_t id : change.rewritten) {
    const Fragment* before = base.FindFragment(id);
    const Fragment* after = latest.FindFragment(id);
    if (before == nullptr || after == nullptr ||
        before->meta().SerializeAsString() != after->meta().SerializeAsString())
      return Conflict("fragment " + std::to_string(id) + " changed while it was rewritten");
  }
  return {};
}

Result<void> CheckWritable(const Snapshot& snapshot, const Change& change) {
  const pb::Manifest& manifest = snapshot.manifest();
  TRY(lance::CheckFlags(manifest.writer_feature_flags(), lance::kWritableFlags, "written"));
  if (!snapshot.has_current_naming())
    return Unsupported("a table with the older names of manifests is not written", snapshot.paths().root);
  if (change.new_fragments.empty()) return {};
  if (manifest.data_format().version() != "2.2")
    return Unsupported("rows cannot be added to a table of file version " + manifest.data_format().version() +
                       " yet (2.2 is written)");
  if (manifest.writer_feature_flags() & lance::kFlagStableRowIds)
    return Unsupported("rows cannot be added to a table with stable row ids yet");
  return {};
}

}  // namespace

Result<std::shared_ptr<const Snapshot>> Commit(std::shared_ptr<const Snapshot> base, Change change,
                                               const CommitOptions& options) {
  std::shared_ptr<const Snapshot> onto = base;
  for (int attempt = 0; attempt <= options.rebase_max; attempt++) {
    TRY(CheckWritable(*onto, change));
    TRY(CheckRebase(*base, *onto, change));
    auto published = Attempt(*onto, change).Run();
    if (published) {
      auto opened = Snapshot::Open(base->files(), base->paths().root, onto->version() + 1);
      if (!opened) opened.error().code = Code::kCommitUnknown;  // the version stands: its files must not be taken back
      return opened;
    }
    if (published.error().code != Code::kAlreadyExists) return std::move(published.error());
    onto = TRY(Snapshot::Open(base->files(), base->paths().root));
  }
  return Conflict("other writers were first " + std::to_string(options.rebase_max) + " times in a row");
}

Result<std::shared_ptr<const Snapshot>> CreateTable(std::shared_ptr<FileCache> files, const std::string& root,
                                                    const Schema& schema,
                                                    const std::map<std::string, std::string>& config) {
  FileSystem& fs = files->fs();
  const Paths paths{root};
  const auto versions = ListVersions(fs, paths);
  if (versions) return AlreadyExists("there is a table already", root);
  if (versions.error().code != Code::kNotFound) return versions.error();
  pb::Manifest empty;
  *empty.mutable_fields() = TRY(lance::ToFields(schema));
  for (const auto& [key, value] : schema.metadata) (*empty.mutable_schema_metadata())[key] = value;
  for (const auto& [key, value] : config) (*empty.mutable_config())[key] = value;
  if (!config.empty()) empty.set_writer_feature_flags(lance::kFlagTableConfig);
  empty.mutable_data_format()->set_file_format("lance");
  empty.mutable_data_format()->set_version("2.2");
  pb::Manifest manifest = NextManifest(empty);

  pb::Transaction transaction;
  transaction.set_uuid(RandomUuid());
  auto* overwrite = transaction.mutable_overwrite();
  *overwrite->mutable_schema() = manifest.fields();
  *overwrite->mutable_schema_metadata() = manifest.schema_metadata();
  *overwrite->mutable_config_upsert_values() = manifest.config();
  TRY(CreateFoldersDurable(fs, std::vector{paths.Versions(), paths.Data()}));
  Leftovers leftovers(fs);
  TRY(Publish(fs, paths, manifest, {}, transaction, {}, leftovers));
  auto opened = Snapshot::Open(std::move(files), root, 1);
  if (!opened) opened.error().code = Code::kCommitUnknown;  // the version stands
  return opened;
}

}  // namespace squire::table
