#include "upkeep/prune.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_set>

#include "base/clock.h"

namespace squire::upkeep {
namespace {

using Names = std::unordered_set<std::string>;

/// Paths below the table's folder that a version names. A folder of an index ends in '/'.
Names NamedBy(const lance::ManifestFile& version) {
  Names names;
  for (const pb::DataFragment& fragment : version.manifest.fragments()) {
    for (const pb::DataFile& file : fragment.files()) names.insert("data/" + file.path());
    if (fragment.has_deletion_file())
      names.insert("_deletions/" + table::Paths::DeletionName(fragment.id(), fragment.deletion_file()));
  }
  if (!version.manifest.transaction_file().empty())
    names.insert("_transactions/" + version.manifest.transaction_file());
  for (const pb::IndexMetadata& index : version.indices.indices()) {
    const std::string& uuid = index.uuid().uuid();
    std::string hex;
    for (size_t i = 0; i < uuid.size(); i++) {
      static constexpr char kDigits[] = "0123456789abcdef";
      if (i == 4 || i == 6 || i == 8 || i == 10) hex += '-';
      hex += kDigits[static_cast<uint8_t>(uuid[i]) >> 4];
      hex += kDigits[static_cast<uint8_t>(uuid[i]) & 15];
    }
    names.insert("_indices/" + hex + "/");
  }
  return names;
}

/// Versions that tags hold: {"branch":null,"version":3,...}. An unreadable tag holds everything back.
Result<std::set<uint64_t>> TaggedVersions(FileSystem& fs, const table::Paths& paths) {
  std::set<uint64_t> tagged;
  auto listed = fs.List(paths.Tags());
  if (!listed) {
    if (listed.error().code == Code::kNotFound) return tagged;
    return std::move(listed.error());
  }
  for (const FileInfo& file : *listed) {
    const std::string path = JoinPath(paths.Tags(), file.name);
    const auto bytes = TRY(ReadWholeFile(fs, path, 1 << 20));
    const auto tag = nlohmann::json::parse(bytes, nullptr, /*allow_exceptions=*/false);
    if (tag.is_object() && tag.contains("version") && tag["version"].is_number_unsigned())
      tagged.insert(tag["version"].get<uint64_t>());
    else
      return Corruption("a tag does not say which version it holds; nothing is pruned", path);
  }
  return tagged;
}

class Pruner {
 public:
  Pruner(FileSystem& fs, const std::string& root, const PruneOptions& options)
      : fs_(fs), paths_{root}, options_(options), now_ns_(NowNs()) {}

  Result<PruneResult> Run() {
    for (const char* folder : {"tree", "_refs/branches"}) {
      if (fs_.Stat(JoinPath(paths_.root, folder)))
        return Unsupported("a table with branches is not pruned", paths_.root);
    }
    const auto versions = TRY(table::ListVersions(fs_, paths_));
    const auto tagged = TRY(TaggedVersions(fs_, paths_));
    struct Doomed {
      const FileInfo* file;
      Names names;
    };
    std::vector<Doomed> doomed;
    for (size_t i = 0; i < versions.size(); i++) {
      const bool keep = i < std::max<uint64_t>(1, options_.keep_versions) || tagged.contains(versions[i].version) ||
                        now_ns_ - versions[i].file.mtime_ns < options_.older_than_ns;
      const std::string path = JoinPath(paths_.Versions(), versions[i].file.name);
      auto bytes = ReadWholeFile(fs_, path);
      auto parsed = bytes ? lance::ParseManifest(*bytes, path) : Result<lance::ManifestFile>(std::move(bytes.error()));
      if (keep) {
        if (!parsed) return std::move(parsed.error());  // what a kept version needs must be known before anything goes
        TRY(lance::CheckFlags(parsed->manifest.reader_feature_flags(), lance::kReadableFlags, "read"));
        TRY(lance::CheckFlags(parsed->manifest.writer_feature_flags(), lance::kWritableFlags, "written"));
        needed_.merge(NamedBy(*parsed));
      } else {
        doomed.push_back({&versions[i].file, parsed ? NamedBy(*parsed) : Names()});
      }
    }
    for (Doomed& version : doomed) {
      const bool gone = Remove(JoinPath(paths_.Versions(), version.file->name), version.file->size_bytes);
      (gone ? named_ : needed_).merge(version.names);
      if (gone) result_.versions_removed++;
    }
    if (!options_.dry_run && !doomed.empty()) TRY(fs_.SyncFolder(paths_.Versions()));
    for (const char* folder : {"data", "_deletions", "_transactions"}) RemoveUnneeded(folder);
    RemoveIndexes();
    if (failure_) return *failure_;
    return result_;
  }

 private:
  bool Remove(const std::string& path, uint64_t size_bytes) {
    if (!options_.dry_run) {
      auto removed = fs_.Remove(path);
      if (!removed && removed.error().code != Code::kNotFound) {
        if (!failure_) failure_ = std::move(removed.error());
        return false;
      }
    }
    result_.files_removed++;
    result_.bytes_freed += size_bytes;
    return true;
  }

  /// A file goes when only dropped versions named it, or nobody did and it is old.
  [[nodiscard]] bool IsUnneeded(const std::string& name, int64_t mtime_ns) const {
    if (needed_.contains(name)) return false;
    return named_.contains(name) || now_ns_ - mtime_ns >= options_.orphan_age_ns;
  }

  void RemoveUnneeded(const std::string& folder) {
    auto listed = fs_.List(JoinPath(paths_.root, folder));
    if (!listed) return;  // not there yet
    for (const FileInfo& file : *listed) {
      const std::string name = folder + "/" + file.name;
      if (!file.is_folder && IsUnneeded(name, file.mtime_ns))
        (void)Remove(JoinPath(paths_.root, name), file.size_bytes);
    }
  }

  void RemoveIndexes() {
    auto listed = fs_.List(paths_.Indices());
    if (!listed) return;
    for (const FileInfo& folder : *listed) {
      if (!folder.is_folder || !IsUnneeded("_indices/" + folder.name + "/", folder.mtime_ns)) continue;
      const std::string path = JoinPath(paths_.Indices(), folder.name);
      if (auto files = fs_.List(path); files) {
        for (const FileInfo& file : *files) (void)Remove(JoinPath(path, file.name), file.size_bytes);
      }
      if (!options_.dry_run) (void)fs_.RemoveAll(path);
    }
  }

  FileSystem& fs_;
  table::Paths paths_;
  const PruneOptions& options_;
  int64_t now_ns_;
  Names needed_;  // by versions that stay
  Names named_;   // by versions that go
  PruneResult result_;
  std::optional<Error> failure_;
};

}  // namespace

Result<PruneResult> Prune(FileSystem& fs, const std::string& root, const PruneOptions& options) {
  return Pruner(fs, root, options).Run();
}

}  // namespace squire::upkeep
