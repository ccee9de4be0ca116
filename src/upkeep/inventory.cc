#include "upkeep/inventory.h"

#include <algorithm>

#include "upkeep/references.h"

namespace squire::upkeep {
namespace {

constexpr size_t kFolderDepthMax = 64;  // below a table; links are not followed

Result<FileMap> Walk(FileSystem& fs, const std::string& root) {
  struct Folder {
    std::string path;  // below root; empty: root
    size_t depth = 0;
  };
  FileMap files;
  std::vector<Folder> folders = {{}};
  while (!folders.empty()) {
    const Folder folder = std::move(folders.back());
    folders.pop_back();
    auto listed = fs.List(folder.path.empty() ? root : JoinPath(root, folder.path));
    if (!listed) {
      if (listed.error().code == Code::kNotFound && folder.depth > 0) continue;
      return std::move(listed.error());
    }
    for (FileInfo& file : *listed) {
      std::string path = folder.path.empty() ? file.name : JoinPath(folder.path, file.name);
      if (!file.is_folder) {
        files.emplace(std::move(path), std::move(file));
      } else if (folder.depth == kFolderDepthMax) {
        return OverBudget("folders are nested over " + std::to_string(kFolderDepthMax) + " deep below " + root);
      } else {
        folders.push_back({std::move(path), folder.depth + 1});
      }
    }
  }
  return files;
}

/// Whether files are there, also those that came since the folders were listed: their version may be as young.
class Presence {
 public:
  Presence(FileSystem& fs, const std::string& root, FileMap& files) : fs_(fs), root_(root), files_(files) {}

  Result<bool> Check(const std::string& name) {
    const auto at = files_.lower_bound(name);
    const bool is_folder = name.ends_with('/');
    if (at != files_.end() && (is_folder ? at->first.starts_with(name) : at->first == name)) return true;
    if (missing_.contains(name)) return false;
    if (is_folder) {
      auto listed = fs_.List(JoinPath(root_, name.substr(0, name.size() - 1)));
      if (!listed && listed.error().code != Code::kNotFound) return std::move(listed.error());
      for (FileInfo& file : listed ? *listed : std::vector<FileInfo>()) files_.emplace(name + file.name, file);
      if (listed && !listed->empty()) return true;
    } else {
      auto found = fs_.Stat(JoinPath(root_, name));
      if (!found && found.error().code != Code::kNotFound) return std::move(found.error());
      if (found) {
        files_.emplace(name, *std::move(found));
        return true;
      }
    }
    missing_.insert(name);
    return false;
  }

 private:
  FileSystem& fs_;
  const std::string& root_;
  FileMap& files_;
  NameSet missing_;
};

/// The folder that the manifest at `path` is of, "" or "tree/<branch>/"; nothing for other files.
std::optional<std::string> TableOfManifest(const std::string& path) {
  constexpr std::string_view kFolder = "_versions/";
  const size_t name = path.rfind('/') + 1;
  if (!path.ends_with(".manifest") || name < kFolder.size()) return std::nullopt;
  const size_t folder = name - kFolder.size();
  if (path.compare(folder, kFolder.size(), kFolder) != 0) return std::nullopt;
  if (folder != 0 && !path.starts_with("tree/")) return std::nullopt;
  return path.substr(0, folder);
}

}  // namespace

NameSet NamesOf(const lance::ManifestFile& version) {
  NameSet names;
  for (const pb::DataFragment& fragment : version.manifest.fragments()) {
    for (const pb::DataFile& file : fragment.files())
      if (!file.has_base_id()) names.insert("data/" + file.path());
    if (fragment.has_deletion_file() && !fragment.deletion_file().has_base_id())
      names.insert("_deletions/" + table::Paths::DeletionName(fragment.id(), fragment.deletion_file()));
  }
  for (const pb::IndexMetadata& index : version.indices.indices())
    if (!index.has_base_id()) names.insert("_indices/" + table::UuidText(index.uuid()) + "/");
  return names;
}

Result<Inventory> TakeInventory(FileSystem& fs, const std::string& root) {
  Inventory out;
  out.paths.root = root;
  out.files = TRY(Walk(fs, root));
  std::vector<std::string> others;  // manifests of branches, detached ones
  for (const auto& [path, file] : out.files) {
    const auto table = TableOfManifest(path);
    if (!table) continue;
    const auto version = lance::ParseManifestName(file.name);
    if (table->empty() && version)
      out.versions.push_back({*version, file, std::nullopt, 0});
    else
      others.push_back(path);
    out.has_branches |= !table->empty();
  }
  if (out.versions.empty()) return NotFound("there is no Lance table here", root);
  std::ranges::sort(out.versions, std::greater(), &VersionEntry::version);

  Presence presence(fs, root, out.files);
  for (VersionEntry& entry : out.versions) {
    auto read = ReadManifest(fs, JoinPath(out.paths.Versions(), entry.file.name));
    if (!read) {
      if (read.error().code == Code::kTooManyFiles) return std::move(read.error());
      entry.error = std::move(read.error());
      continue;
    }
    NameSet names = NamesOf(*read);
    for (const std::string& name : names) entry.missing += !TRY(presence.Check(name));
    // A version that was pruned meanwhile lacks nothing.
    if (entry.missing > 0) {
      const auto there = fs.Stat(JoinPath(out.paths.Versions(), entry.file.name));
      if (!there && there.error().code != Code::kNotFound) return there.error();
      if (!there) entry.error = NotFound("");
      if (!there) continue;
    }
    if (out.newest) {
      out.named_by_others.merge(names);
      continue;
    }
    out.newest = *std::move(read);
    out.newest_version = entry.version;
    out.named_by_newest = std::move(names);
  }
  // Pruned since it was listed: it is no damage.
  std::erase_if(out.versions, [](const VersionEntry& e) { return e.error && e.error->code == Code::kNotFound; });
  for (const std::string& path : others) {
    const auto read = ReadManifest(fs, JoinPath(root, path));
    if (!read && read.error().code != Code::kNotFound && read.error().code != Code::kCorruption) return read.error();
    if (!read) continue;
    const std::string table = *TableOfManifest(path);
    for (const std::string& name : NamesOf(*read)) out.named_by_others.insert(table + name);
    for (const pb::DataFragment& fragment : read->manifest.fragments()) {
      // A branch shares files of the table that it came from, by a base path.
      for (const pb::DataFile& file : fragment.files()) out.named_by_others.insert("data/" + file.path());
      if (fragment.has_deletion_file())
        out.named_by_others.insert("_deletions/" + table::Paths::DeletionName(fragment.id(), fragment.deletion_file()));
    }
  }
  return out;
}

std::optional<uint64_t> SizeOf(const Inventory& inventory, const std::string& path) {
  const auto found = inventory.files.find(path);
  if (found == inventory.files.end()) return std::nullopt;
  return found->second.size_bytes;
}

std::string TellIncomplete(const Inventory& inventory) {
  uint64_t count = 0, least = 0, greatest = 0;
  for (const VersionEntry& entry : inventory.versions) {  // newest first
    if (entry.error || entry.missing == 0 || entry.version == inventory.newest_version) continue;
    if (count++ == 0) greatest = entry.version;
    least = entry.version;
  }
  if (count == 0) return {};
  if (count == 1) return "version " + std::to_string(least) + " names files that are not there";
  return std::to_string(count) + " versions, " + std::to_string(least) + " to " + std::to_string(greatest) +
         ", name files that are not there";
}

}  // namespace squire::upkeep
