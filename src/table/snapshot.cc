#include "table/snapshot.h"

#include <algorithm>

#include "lance/logical_type.h"
#include "table/owned.h"

namespace squire::table {

Result<const lance::RowSet*> Fragment::Deleted() {
  const std::scoped_lock lock(mutex_);
  if (deleted_) return deleted_.get();
  if (meta_.has_deletion_file()) {
    const pb::DeletionFile& file = meta_.deletion_file();
    const std::string path = JoinPath(TRY(snapshot_.DeletionFolder(file)), Paths::DeletionName(id(), file));
    deleted_ = TRY(snapshot_.files()->ReadDeletions(path, file, meta_.physical_rows()));
  } else {
    deleted_ = std::make_shared<const lance::RowSet>(meta_.physical_rows());
  }
  return deleted_.get();
}

namespace {

/// Fills in the columns of a file that hold `type`'s leaves (and, in version 2.0, its lists and structs), by the ids
/// of their fields. The recursion follows the type. Returns how many were found.
size_t FillColumns(const DataType& type, const lance::FieldIds& ids, const pb::DataFile& file,
                   lance::ColumnTree& tree) {
  tree.type = type;
  tree.is_dictionary = ids.is_dictionary;
  size_t found = 0;
  for (int i = 0; i < file.fields_size() && i < file.column_indices_size(); i++) {
    if (file.fields(i) != ids.id || file.column_indices(i) < 0) continue;
    tree.column = file.column_indices(i);
    found++;
  }
  if (lance::IsLeaf(type)) return found;
  for (size_t i = 0; i < type.children.size(); i++) {
    tree.children.emplace_back();
    if (i < ids.children.size()) found += FillColumns(type.children[i].type, ids.children[i], file, tree.children[i]);
  }
  return found;
}

}  // namespace

Result<std::optional<Fragment::Place>> Fragment::Find(int32_t field_id, const DataType& type) {
  const std::string& root = snapshot_.paths().root;
  if (type.id == TypeId::kUnknown) return Unsupported("columns of type '" + type.unit + "' are not read", root);
  const lance::FieldIds& ids = snapshot_.ids_of(field_id);
  std::optional<Place> place;
  for (const pb::DataFile& file : meta_.files()) {
    lance::ColumnTree tree;
    if (FillColumns(type, ids, file, tree) == 0) continue;
    if (place) return Unsupported("a column that lies in several data files", root);
    const std::string path = JoinPath(TRY(snapshot_.DataFolder(file)), file.path());
    auto reader = TRY(snapshot_.files()->Open(path));
    if (reader->num_rows() < physical_rows())
      return Corruption("a data file holds " + std::to_string(reader->num_rows()) + " of " +
                            std::to_string(physical_rows()) + " rows",
                        path);
    place = Place{std::move(reader), std::move(tree)};
  }
  return place;
}

Result<Array> Fragment::Read(int32_t field_id, const DataType& type, int64_t first, int64_t count) {
  const auto place = TRY(Find(field_id, type));
  if (!place) return NullArray(type, count);
  return place->file->Read(place->tree, first, count);
}

Result<Array> Fragment::Take(int32_t field_id, const DataType& type, std::span<const int64_t> rows) {
  const auto place = TRY(Find(field_id, type));
  if (!place) return NullArray(type, std::ssize(rows));
  return place->file->Take(place->tree, rows);
}

Result<std::string> Snapshot::BaseFolder(uint32_t base_id, const char* folder) const {
  for (const pb::BasePath& base : manifest_.base_paths()) {
    if (base.id() != base_id) continue;
    std::string path = base.path();
    if (path.starts_with("file://")) path = path.substr(7);
    if (!path.starts_with("/")) return Unsupported("files below '" + base.path() + "' are not read", paths_.root);
    return base.is_dataset_root() ? JoinPath(path, folder) : path;
  }
  return Corruption("a file lies below base path " + std::to_string(base_id) + ", which is not named", paths_.root);
}

Result<std::string> Snapshot::DataFolder(const pb::DataFile& file) const {
  if (file.has_base_id()) return BaseFolder(file.base_id(), "data");
  return paths_.Data();
}

Result<std::string> Snapshot::DeletionFolder(const pb::DeletionFile& file) const {
  if (file.has_base_id()) return BaseFolder(file.base_id(), "_deletions");
  return paths_.Deletions();
}

Result<std::vector<VersionFile>> ListVersions(FileSystem& fs, const Paths& paths) {
  auto listed = fs.List(paths.Versions());
  if (!listed) {
    if (listed.error().code == Code::kNotFound) return NotFound("there is no Lance table here", paths.root);
    return std::move(listed.error());
  }
  std::vector<VersionFile> versions;
  for (FileInfo& file : *listed) {
    if (const auto version = lance::ParseManifestName(file.name)) versions.push_back({*version, std::move(file)});
  }
  if (versions.empty()) return NotFound("there is no version of a Lance table here", paths.root);
  std::ranges::sort(versions, std::greater(), &VersionFile::version);
  return versions;
}

Result<ManifestRef> FindManifest(FileSystem& fs, const Paths& paths, std::optional<uint64_t> version) {
  if (version) {
    for (const std::string& path : {paths.Manifest(*version), paths.OldManifest(*version)}) {
      const auto found = fs.Stat(path);
      if (found) return ManifestRef{*version, found->name};
      if (found.error().code != Code::kNotFound) return found.error();
    }
  }
  auto names = fs.ListNames(paths.Versions());
  if (!names && names.error().code != Code::kNotFound) return std::move(names.error());
  std::optional<ManifestRef> newest;
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    const auto number = lance::ParseManifestName(name);
    if (number && (!newest || *number > newest->version)) newest = ManifestRef{*number, name};
  }
  if (!newest) return NotFound("there is no Lance table here", paths.root);
  if (version) return NotFound("version " + std::to_string(*version) + " is not there (any more)", paths.root);
  return *std::move(newest);
}

namespace {

/// Refuses, by name, what would be read wrongly.
Result<void> CheckReadable(const pb::Manifest& manifest, const std::string& path) {
  TRY(lance::CheckFlags(manifest.reader_feature_flags(), lance::kReadableFlags, "read"));
  for (const pb::DataFragment& fragment : manifest.fragments()) {
    if (fragment.overlays_size() > 0) return Unsupported("data overlays are not read", path);
    if (fragment.physical_rows() > (1ull << 32)) return Corruption("a fragment claims over 2^32 rows", path);
    if (fragment.deletion_file().num_deleted_rows() > fragment.physical_rows())
      return Corruption("a fragment claims more deleted rows than it has", path);
  }
  return {};
}

}  // namespace

Result<void> Snapshot::Parse(const std::string& path, const ManifestRef& wanted) {
  lance::ManifestFile parsed = TRY(lance::ParseManifest(TRY(ReadWholeFile(files_->fs(), path)), path));
  TRY(CheckReadable(parsed.manifest, path));
  if (parsed.manifest.version() != wanted.version)
    return Corruption("the manifest is of another version than its name", path);
  has_current_naming_ = wanted.name == lance::ManifestName(wanted.version);
  manifest_ = std::move(parsed.manifest);
  indices_ = std::move(parsed.indices);
  schema_ = TRY(lance::FromFields(manifest_.fields()));
  for (const auto& [key, value] : manifest_.schema_metadata()) schema_.metadata[key] = value;
  for (lance::FieldIds& ids : lance::IdsOf(manifest_.fields())) {
    field_ids_.push_back(ids.id);
    columns_.emplace(ids.id, std::move(ids));
  }
  for (const pb::DataFragment& fragment : manifest_.fragments()) {
    fragments_.push_back(std::make_unique<Fragment>(fragment, *this));
    if (!fragment_by_id_.emplace(fragment.id(), fragments_.back().get()).second)
      return Corruption("two fragments have the id " + std::to_string(fragment.id()), path);
  }
  return {};
}

Result<std::shared_ptr<const Snapshot>> Snapshot::TryOpen(const std::shared_ptr<FileCache>& files,
                                                          const std::string& root, std::optional<uint64_t> version) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->paths_.root = root;
  snapshot->files_ = files;
  FileSystem& fs = files->fs();
  const ManifestRef wanted = TRY(FindManifest(fs, snapshot->paths_, version));
  const std::string path = JoinPath(snapshot->paths_.Versions(), wanted.name);
  // The pin comes first: what is still there once it is held stays there.
  const auto pins = files->PinsOf(root);
  const auto take = [&](bool create) -> Result<bool> {
    auto pin = pins->Take(wanted.version, create);
    if (!pin && pin.error().code == Code::kConflict) return false;
    snapshot->pin_ = TRY(std::move(pin));
    return true;
  };
  if (!TRY(take(/*create=*/false))) return nullptr;
  if (auto parsed = snapshot->Parse(path, wanted); !parsed) {
    if (parsed.error().code == Code::kNotFound && parsed.error().path == path) return nullptr;
    return std::move(parsed.error());
  }
  if (snapshot->is_pinned() || !IsOwned(snapshot->manifest_)) return snapshot;
  if (!TRY(take(/*create=*/true))) return nullptr;
  if (!snapshot->is_pinned()) return snapshot;
  if (auto found = fs.Stat(path); !found) {
    if (found.error().code == Code::kNotFound) return nullptr;
    return std::move(found.error());
  }
  return snapshot;
}

Result<std::shared_ptr<const Snapshot>> Snapshot::Open(std::shared_ptr<FileCache> files, const std::string& root,
                                                       std::optional<uint64_t> version) {
  // The newest version is never removed: who misses it this often meets as many commits, each within microseconds.
  constexpr int kTriesMax = 1000;
  for (int i = 0; i < (version ? 1 : kTriesMax); i++) {
    auto snapshot = TRY(TryOpen(files, root, version));
    if (snapshot) return snapshot;
  }
  if (version) return NotFound("version " + std::to_string(*version) + " is being removed", root);
  return Conflict("new versions come faster than the newest can be opened");
}

Result<FileNames> Snapshot::NewNames() const {
  if (!IsOwned(manifest_)) return FileNames();
  const auto lease = TRY(files_->LeaseOf(paths_.root));
  return lease ? FileNames(lease->id()) : FileNames();
}

const Field* Snapshot::FindField(int32_t field_id) const {
  const auto found = std::ranges::find(field_ids_, field_id);
  return found == field_ids_.end() ? nullptr : &schema_.fields[static_cast<size_t>(found - field_ids_.begin())];
}

Fragment* Snapshot::FindFragment(uint64_t id) const {
  const auto found = fragment_by_id_.find(id);
  return found == fragment_by_id_.end() ? nullptr : found->second;
}

int64_t Snapshot::num_rows() const {
  int64_t rows = 0;
  for (const auto& fragment : fragments_) rows += fragment->live_rows();
  return rows;
}

}  // namespace squire::table
