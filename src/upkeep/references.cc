#include "upkeep/references.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "table/snapshot.h"
#include "table/tags.h"

namespace squire::upkeep {
namespace {

constexpr size_t kFoldersMax = 100'000;  // below tree/
constexpr uint64_t kBranchBytesMax = 1 << 20;

/// An empty list for a folder that is not there.
Result<std::vector<FileInfo>> ListIfThere(FileSystem& fs, const std::string& folder) {
  auto listed = fs.List(folder);
  if (!listed && listed.error().code == Code::kNotFound) return std::vector<FileInfo>();
  return listed;
}

/// The folder of the table that a branch belongs to.
Result<std::string> TrunkOf(const table::Paths& paths, const std::string& branch) {
  if (branch.empty()) return paths.root;
  const std::string end = "/tree/" + branch;
  if (!paths.root.ends_with(end) || paths.root.size() == end.size())
    return Unsupported("branch '" + branch + "' does not lie below the table that it is of", paths.root);
  return paths.root.substr(0, paths.root.size() - end.size());
}

/// Folders of tables below tree/, whose names may have several parts.
Result<std::vector<std::string>> FindBranches(FileSystem& fs, const std::string& trunk) {
  std::vector<std::string> found, folders = {JoinPath(trunk, "tree")};
  for (size_t looked_at = 0; !folders.empty(); looked_at++) {
    if (looked_at == kFoldersMax) return OverBudget("there are too many folders below " + JoinPath(trunk, "tree"));
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const auto entries = TRY(ListIfThere(fs, folder));
    const bool is_table = std::ranges::any_of(entries, [](const FileInfo& e) { return e.name == "_versions"; });
    if (is_table) found.push_back(folder);
    for (const FileInfo& entry : entries) {
      const bool is_of_table = entry.name.starts_with('_') || entry.name == "data";
      if (entry.is_folder && !(is_table && is_of_table)) folders.push_back(JoinPath(folder, entry.name));
    }
  }
  return found;
}

/// Adds what the versions of another table of the family name. Its newest version must be readable; an older one that
/// is not names nothing that anybody could still read.
Result<void> AddTable(FileSystem& fs, const std::string& root, Names& names) {
  const table::Paths paths{root};
  auto versions = table::ListVersions(fs, paths);
  if (!versions && versions.error().code != Code::kNotFound) return versions.error();
  bool is_newest = true;
  for (const table::VersionFile& version : versions ? *versions : std::vector<table::VersionFile>()) {
    const auto read = ReadManifest(fs, JoinPath(paths.Versions(), version.file.name));
    if (!read && read.error().code == Code::kNotFound) continue;
    if (!read && (is_newest || read.error().code != Code::kCorruption)) return read.error();
    is_newest = false;
    if (!read) continue;
    TRY(CheckKnown(*read));
    names.merge(NamedBy(*read));
  }
  return {};
}

/// Versions beside the table's history have no number that comes after another: they stay until somebody drops them.
Result<void> AddDetached(FileSystem& fs, const table::Paths& paths, Names& names) {
  for (const std::string& name : TRY(fs.ListNames(paths.Versions()))) {
    if (!name.starts_with('d') || !name.ends_with(".manifest")) continue;
    const auto read = ReadManifest(fs, JoinPath(paths.Versions(), name));
    if (!read && (read.error().code == Code::kNotFound || read.error().code == Code::kCorruption)) continue;
    if (!read) return read.error();
    names.merge(NamedBy(*read));
  }
  return {};
}

/// Versions that branches began at.
Result<void> AddBranchPoints(FileSystem& fs, const std::string& trunk, const std::string& of, std::set<uint64_t>& out) {
  const std::string folder = JoinPath(trunk, "_refs/branches");
  for (const FileInfo& file : TRY(ListIfThere(fs, folder))) {
    if (!file.name.ends_with(".json")) continue;
    const std::string path = JoinPath(folder, file.name);
    const auto json = nlohmann::json::parse(TRY(ReadWholeFile(fs, path, kBranchBytesMax)), nullptr, false);
    const auto version = json.is_object() ? json.find("parentVersion") : json.end();
    if (!json.is_object() || version == json.end() || !version->is_number_unsigned())
      return Corruption("a branch does not say which version it began at", path);
    const auto parent = json.find("parentBranch");
    const std::string name = parent != json.end() && parent->is_string() ? parent->get<std::string>() : "";
    if (name == of) out.insert(version->get<uint64_t>());
  }
  return {};
}

}  // namespace

Names NamedBy(const lance::ManifestFile& version) {
  Names names;
  for (const pb::DataFragment& fragment : version.manifest.fragments()) {
    for (const pb::DataFile& file : fragment.files()) names.insert("data/" + file.path());
    if (fragment.has_deletion_file())
      names.insert("_deletions/" + table::Paths::DeletionName(fragment.id(), fragment.deletion_file()));
  }
  if (!version.manifest.transaction_file().empty())
    names.insert("_transactions/" + version.manifest.transaction_file());
  for (const pb::IndexMetadata& index : version.indices.indices())
    names.insert("_indices/" + table::UuidText(index.uuid()) + "/");
  return names;
}

Result<lance::ManifestFile> ReadManifest(FileSystem& fs, const std::string& path) {
  return lance::ParseManifest(TRY(ReadWholeFile(fs, path)), path);
}

Result<void> CheckKnown(const lance::ManifestFile& version) {
  TRY(lance::CheckFlags(version.manifest.reader_feature_flags(), lance::kReadableFlags, "read"));
  return lance::CheckFlags(version.manifest.writer_feature_flags(), lance::kWritableFlags, "written");
}

bool IsPlainName(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view folder = name.substr(0, slash);
  std::string_view rest = name.substr(slash + 1);
  if (folder == "_indices") {
    if (!rest.ends_with('/')) return false;
    rest.remove_suffix(1);
  } else if (folder != "data" && folder != "_deletions" && folder != "_transactions") {
    return false;
  }
  return !rest.empty() && rest != "." && rest != ".." && rest.find('/') == std::string_view::npos &&
         rest.find('\0') == std::string_view::npos;
}

Result<References> FindReferences(FileSystem& fs, const table::Paths& paths, const std::string& branch) {
  References out;
  const std::string trunk = TRY(TrunkOf(paths, branch));
  for (const table::Tag& tag : TRY(table::ListTags(fs, table::Paths{trunk})))
    if (tag.branch == branch) out.versions.insert(tag.version);
  TRY(AddBranchPoints(fs, trunk, branch, out.versions));
  for (const std::string& root : TRY(FindBranches(fs, trunk)))
    if (root != paths.root) TRY(AddTable(fs, root, out.names));
  if (trunk != paths.root) TRY(AddTable(fs, trunk, out.names));
  TRY(AddDetached(fs, paths, out.names));
  return out;
}

}  // namespace squire::upkeep
