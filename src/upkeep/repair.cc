#include "upkeep/repair.h"

#include <algorithm>
#include <set>

#include "base/ids.h"
#include "io/durable.h"
#include "lance/parse_message.h"
#include "table/draft.h"
#include "table/owned.h"
#include "table/pins.h"
#include "table/writer_lease.h"
#include "upkeep/fold.h"
#include "upkeep/repair_plan.h"

namespace squire::upkeep {
namespace {

constexpr size_t kOpenFilesMax = 8;
constexpr int kAttemptsMax = 5;
constexpr uint64_t kFragmentIdsMax = 1 << 26;
constexpr int32_t kNoField = -2;  // of a column in a data file that another file has now

constexpr uint64_t kTransactionBytesMax = 256 << 20;

uint64_t RowsAddedBy(Bytes transaction) {
  pb::Transaction parsed;
  if (!lance::ParseMessage(transaction, parsed)) return 0;
  const auto& fragments = parsed.has_update() ? parsed.update().new_fragments() : parsed.append().fragments();
  uint64_t rows = 0;
  for (const pb::DataFragment& fragment : fragments) rows += std::min<uint64_t>(fragment.physical_rows(), 1ull << 32);
  return rows;
}

/// Rows that the commit of a version added, as far as that is still told: by the transaction that the manifest may
/// begin with, or by the copy of it, where only one writer tried for that version.
uint64_t RowsOfTorn(FileSystem& fs, const Inventory& inventory, uint64_t version, Bytes torn) {
  if (torn.size() >= 4) {
    const uint32_t size = Load<uint32_t>(torn.data());
    if (const uint64_t rows = size <= torn.size() - 4 ? RowsAddedBy(torn.subspan(4, size)) : 0; rows > 0) return rows;
  }
  const std::string prefix = "_transactions/" + std::to_string(version - 1) + "-";
  auto first = inventory.files.lower_bound(prefix), last = first;
  while (last != inventory.files.end() && last->first.starts_with(prefix)) ++last;
  if (std::distance(first, last) != 1) return 0;
  const auto bytes = ReadWholeFile(fs, JoinPath(inventory.paths.root, first->first), kTransactionBytesMax);
  return bytes ? RowsAddedBy(*bytes) : 0;
}

/// The next version: what the plan says, laid over the snapshot. Files that it writes are removed again unless it is
/// published.
class Mender {
 public:
  Mender(const table::Snapshot& base, const RepairPlan& plan) : base_(base), plan_(plan), fs_(base.files()->fs()) {}
  ~Mender() {
    for (const std::string& path : leftovers_) table::RemoveLeftover(fs_, base_.paths(), path);
  }
  Mender(const Mender&) = delete;
  Mender& operator=(const Mender&) = delete;

  /// ERRORS: AlreadyExists when another writer was first; CommitUnknown; NoSpace, Io.
  Result<void> Publish() {
    version_.manifest = table::NextManifest(base_.manifest());
    version_.indices = base_.indices();
    version_.transaction.set_read_version(base_.version());
    names_ = TRY(base_.NewNames());
    version_.transaction.set_uuid(names_.Uuid());
    version_.mark = names_.Mark();
    for (const FragmentPlan& plan : plan_.fragments) TRY(Mend(plan));
    MendIndexes();
    Describe();
    if (!version_.folders.empty()) version_.folders.push_back(base_.paths().root);
    const uint64_t number = version_.manifest.version();
    const std::string path =
        base_.has_current_naming() ? base_.paths().Manifest(number) : base_.paths().OldManifest(number);
    const table::Pin next = TRY(HoldNext());
    auto published = table::PublishVersion(fs_, base_.paths(), path, version_, leftovers_);
    if (!published && published.error().code == Code::kCommitUnknown) leftovers_.clear();
    return published;
  }

 private:
  /// As a commit does: a free name is no proof that a version is next, for newer ones may have come and pruned it.
  Result<table::Pin> HoldNext() {
    const table::Paths& paths = base_.paths();
    auto pin = base_.files()->PinsOf(paths.root)->Take(base_.version() + 1, table::IsOwned(base_.manifest()));
    if (!pin && pin.error().code != Code::kConflict) return pin;
    const table::ManifestRef newest = TRY(table::FindManifest(fs_, paths));
    if (!pin || newest.version != base_.version()) return AlreadyExists("another writer was first", paths.root);
    return pin;
  }

  Result<void> Mend(const FragmentPlan& plan) {
    auto* fragments = version_.manifest.mutable_fragments();
    const auto at = std::ranges::find(*fragments, plan.id, &pb::DataFragment::id);
    if (plan.is_dropped) {
      removed_.push_back(plan.id);
      fragments->erase(at);
      return {};
    }
    for (const auto& [file, size] : plan.sizes) at->mutable_files(file)->set_file_size_bytes(size);
    if (plan.deleted_rows) at->mutable_deletion_file()->set_num_deleted_rows(*plan.deleted_rows);
    if (plan.deletions) TRY(WriteDeletions(*plan.deletions, *at));
    for (const auto& [column, pieces] : plan.columns) TRY(WriteColumn(column, pieces, *at));
    for (int file : plan.lost_files) {  // last, for files are known by their place
      for (int32_t& field : *at->mutable_files(file)->mutable_fields()) {
        modified_.insert(field);
        field = kNoField;
      }
    }
    auto* files = at->mutable_files();
    files->erase(std::remove_if(files->begin(), files->end(),
                                [](const pb::DataFile& file) {
                                  return std::ranges::all_of(file.fields(), [](int32_t f) { return f == kNoField; });
                                }),
                 files->end());
    updated_.push_back(*at);
    return {};
  }

  Result<void> WriteDeletions(const lance::RowSet& rows, pb::DataFragment& fragment) {
    fragment.clear_deletion_file();
    if (rows.empty()) return {};
    pb::DeletionFile* file = fragment.mutable_deletion_file();
    file->set_file_type(pb::DeletionFile::BITMAP);
    file->set_read_version(base_.version());
    file->set_id(names_.DeletionId());
    file->set_num_deleted_rows(rows.count());
    TRY(fs_.CreateFolders(base_.paths().Deletions()));
    version_.files.push_back({base_.paths().DeletionFile(fragment.id(), *file), lance::SerializeRoaring(rows)});
    version_.folders.push_back(base_.paths().Deletions());
    return {};
  }

  Result<void> WriteColumn(size_t column, std::span<const Piece> pieces, pb::DataFragment& fragment) {
    const pb::DataFile written =
        TRY(WriteSalvaged(base_, *base_.FindFragment(fragment.id()), column, pieces, names_.DataFile()));
    leftovers_.push_back(base_.paths().DataFile(written.path()));
    version_.folders.push_back(base_.paths().Data());
    const std::vector<int32_t> ids = FieldIdsOf(base_, column);
    modified_.insert(ids.begin(), ids.end());
    for (pb::DataFile& file : *fragment.mutable_files())
      for (int32_t& field : *file.mutable_fields())
        if (std::ranges::find(ids, field) != ids.end()) field = kNoField;
    *fragment.add_files() = written;
    return {};
  }

  /// Damaged ones go; the others no longer cover fragments that are gone.
  void MendIndexes() {
    auto* indices = version_.indices.mutable_indices();
    indices->erase(std::remove_if(indices->begin(), indices->end(),
                                  [&](const pb::IndexMetadata& index) {
                                    return std::ranges::find(plan_.removed_indices, table::UuidText(index.uuid())) !=
                                           plan_.removed_indices.end();
                                  }),
                   indices->end());
    if (!removed_.empty())
      for (pb::IndexMetadata& index : *indices) Uncover(index);
  }

  /// A bitmap that names fragments that are gone does no harm; one that does not parse was told of already.
  void Uncover(pb::IndexMetadata& index) {
    const uint64_t limit = std::min(kFragmentIdsMax, uint64_t{base_.manifest().max_fragment_id()} + 1);
    const auto before = lance::ParseRoaring(AsBytes(index.fragment_bitmap()), limit);
    if (!before) return;
    lance::RowSet after(limit);
    for (uint64_t id = 0; id < limit; id++)
      if (before->Contains(id) && std::ranges::find(removed_, id) == removed_.end()) after.Add(id);
    const std::vector<uint8_t> bytes = lance::SerializeRoaring(after);
    index.set_fragment_bitmap(bytes.data(), bytes.size());
  }

  /// As other writers read it, to find whether theirs conflicts.
  void Describe() {
    pb::Transaction& transaction = version_.transaction;
    if (removed_.empty() && updated_.empty()) {
      for (const pb::IndexMetadata& index : base_.indices().indices())
        if (std::ranges::find(plan_.removed_indices, table::UuidText(index.uuid())) != plan_.removed_indices.end())
          *transaction.mutable_create_index()->add_removed_indices() = index;
    } else if (modified_.empty()) {
      auto* gone = transaction.mutable_delete_();
      for (const pb::DataFragment& fragment : updated_) *gone->add_updated_fragments() = fragment;
      for (uint64_t id : removed_) gone->add_deleted_fragment_ids(id);
      gone->set_predicate("false");
    } else {
      auto* update = transaction.mutable_update();
      for (const pb::DataFragment& fragment : updated_) *update->add_updated_fragments() = fragment;
      for (uint64_t id : removed_) update->add_removed_fragment_ids(id);
      for (int32_t id : modified_)
        if (id >= 0) update->add_fields_modified(static_cast<uint32_t>(id));
      update->set_update_mode(1);
    }
  }

  const table::Snapshot& base_;
  const RepairPlan& plan_;
  FileSystem& fs_;
  table::FileNames names_;
  table::Version version_;
  std::vector<pb::DataFragment> updated_;
  std::vector<uint64_t> removed_;
  std::set<int32_t> modified_;
  std::vector<std::string> leftovers_;
};

class Repairer {
 public:
  Repairer(FileSystem& fs, const std::string& root, const RepairOptions& options)
      : fs_(fs), root_(root), options_(options) {}

  Result<RepairReport> Run() {
    report_.path = root_;
    report_.dry_run = options_.dry_run;
    for (int attempt = 1;; attempt++) {
      auto done = Attempt();
      if (done) return std::move(report_);
      if (done.error().code != Code::kAlreadyExists) return std::move(done.error());
      if (attempt == kAttemptsMax) return Conflict("other writers were first again and again; the table is in use");
      report_.fragments.clear(), report_.columns.clear(), report_.indexes.clear();
      report_.corrected.clear(), report_.left.clear();
      report_.lost_rows = lost_with_versions_, report_.lost_values = report_.restored_rows = 0;
    }
  }

 private:
  Result<void> Attempt() {
    const Inventory inventory = TRY(TakeInventory(fs_, root_));
    if (!inventory.newest) return Corruption("no version of the table can be read", root_);
    TRY(SetAside(inventory));
    report_.version = inventory.newest_version;
    const auto files = std::make_shared<table::FileCache>(fs_, kOpenFilesMax);
    auto opened = OpenNewest(files, inventory);
    if (!opened) {
      if (report_.set_aside.empty() || opened.error().code != Code::kUnsupported) return std::move(opened.error());
      report_.left.push_back("version " + std::to_string(report_.version) +
                             " is not looked into: " + opened.error().message);
      return {};
    }
    std::shared_ptr<const table::Snapshot> snapshot = *std::move(opened);
    const RepairPlan plan = TRY(PlanRepair(*snapshot, inventory, options_.progress, report_));
    TellWhatIsLeft(inventory);
    report_.version += (plan.needs_version() ? 1 : 0) + plan.rebuilds.size();
    if (options_.dry_run) return {};
    if (plan.needs_version()) TRY(Mender(*snapshot, plan).Publish());
    if (!plan.rebuilds.empty()) TRY(Rebuild(files, plan));
    return {};
  }

  Result<std::shared_ptr<const table::Snapshot>> OpenNewest(const std::shared_ptr<table::FileCache>& files,
                                                            const Inventory& inventory) {
    TRY(lance::CheckFlags(inventory.newest->manifest.writer_feature_flags(), lance::kWritableFlags, "written"));
    return table::Snapshot::Open(files, root_, inventory.newest_version);
  }

  /// Manifests that are torn get a name that no reader takes for a version's.
  Result<void> SetAside(const Inventory& inventory) {
    bool any = false;
    for (const VersionEntry& entry : inventory.versions) {
      if (!entry.error) continue;
      if (entry.error->code != Code::kCorruption) {
        if (entry.version > inventory.newest_version) return *entry.error;
        continue;  // told by TellWhatIsLeft
      }
      const std::string path = JoinPath(inventory.paths.Versions(), entry.file.name);
      const auto bytes = TRY(ReadWholeFile(fs_, path));
      if (lance::ParseManifest(bytes, path)) return AlreadyExists("another writer made it whole", path);
      report_.set_aside.push_back(entry.version);
      if (entry.version > inventory.newest_version)
        lost_with_versions_ += RowsOfTorn(fs_, inventory, entry.version, bytes);
      report_.lost_rows = lost_with_versions_;
      if (options_.dry_run) continue;
      TRY(Move(inventory.paths, entry.file.name));
      any = true;
    }
    if (!any) return {};
    TRY(fs_.SyncFolder(inventory.paths.Versions()));
    const std::string hint = "{\"version\":" + std::to_string(inventory.newest_version) + "}";
    (void)fs_.Replace(inventory.paths.VersionHint(), AsBytes(hint));  // advisory
    return {};
  }

  Result<void> Move(const table::Paths& paths, const std::string& name) {
    const std::string folder = JoinPath(root_, "_squire/aside"), from = JoinPath(paths.Versions(), name);
    const std::string aside = name + "." + RandomHex(4);
    auto made = CreateFoldersDurable(fs_, std::vector{folder});
    if (made) {
      TRY(fs_.Rename(from, JoinPath(folder, aside)));
      return fs_.SyncFolder(folder);
    }
    // A full disk has no room for a folder; a name needs none.
    if (made.error().code != Code::kNoSpace) return made;
    return fs_.Rename(from, JoinPath(paths.Versions(), aside));
  }

  /// Older versions that name lost files are no damage to the newest: prune takes them.
  void TellWhatIsLeft(const Inventory& inventory) {
    for (const VersionEntry& entry : inventory.versions)
      if (entry.error && entry.error->code != Code::kCorruption)
        report_.left.push_back("version " + std::to_string(entry.version) + ": " + entry.error->ToString());
  }

  Result<void> Rebuild(const std::shared_ptr<table::FileCache>& files, const RepairPlan& plan) {
    auto snapshot = TRY(table::Snapshot::Open(files, root_));
    for (const IndexRecipe& recipe : plan.rebuilds) {
      pb::IndexMetadata index = TRY(upkeep::Rebuild(*snapshot, recipe));
      TRY(PublishIndex(snapshot, std::move(index), recipe.replaced));
    }
    report_.version = snapshot->version();
    return {};
  }

  FileSystem& fs_;
  const std::string& root_;
  const RepairOptions& options_;
  RepairReport report_;
  uint64_t lost_with_versions_ = 0;
};

}  // namespace

Result<RepairReport> Repair(FileSystem& fs, const std::string& root, const RepairOptions& options) {
  return Repairer(fs, root, options).Run();
}

}  // namespace squire::upkeep
