#include "upkeep/prune.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>

#include "base/clock.h"
#include "table/tags.h"

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
    names.insert("_indices/" + table::UuidText(index.uuid()) + "/");
  }
  return names;
}

/// Versions that tags hold. An unreadable tag holds everything back.
Result<std::set<uint64_t>> TaggedVersions(FileSystem& fs, const table::Paths& paths) {
  std::set<uint64_t> tagged;
  for (const table::Tag& tag : TRY(table::ListTags(fs, paths))) tagged.insert(tag.version);
  return tagged;
}

class Pruner {
 public:
  Pruner(FileSystem& fs, const std::string& root, const PruneOptions& options)
      : fs_(fs), paths_{root}, options_(options), now_ns_(NowNs()) {}

  Result<PruneResult> Run() {
    TRY(CheckNoBranches());
    const auto versions = TRY(table::ListVersions(fs_, paths_));
    const auto tagged = TRY(TaggedVersions(fs_, paths_));
    std::vector<Doomed> doomed;
    for (size_t i = 0; i < versions.size(); i++) {
      const bool keep = i < std::max<uint64_t>(1, options_.keep_versions) || tagged.contains(versions[i].version) ||
                        now_ns_ - versions[i].file.mtime_ns < options_.older_than_ns;
      const std::string path = JoinPath(paths_.Versions(), versions[i].file.name);
      if (keep) {
        TRY(Keep(path));  // what a kept version needs must be known before anything goes
      } else if (auto names = NamedBy(path)) {
        doomed.push_back({&versions[i].file, *std::move(names)});
      } else if (names.error().code == Code::kCorruption) {
        doomed.push_back({&versions[i].file, {}});  // what it named goes with age
      } else if (names.error().code == Code::kIo) {
        doomed.push_back({&versions[i].file, {}});  // as well: a bad sector must not stop pruning for good
        Fail(std::move(names.error()));
      } else {
        return std::move(names.error());
      }
    }
    for (Doomed& version : doomed) {
      const bool gone = Remove(JoinPath(paths_.Versions(), version.file->name), version.file->size_bytes);
      (gone ? named_ : needed_).merge(version.names);
      if (gone) result_.versions_removed++;
    }
    if (!options_.dry_run && !doomed.empty()) TRY(fs_.SyncFolder(paths_.Versions()));
    for (const char* folder : {"data", "_deletions", "_transactions"}) RemoveUnneeded(folder, "");
    for (const char* folder : {"_versions", "_refs/tags"}) RemoveUnneeded(folder, ".tmp_");  // of writes cut short
    RemoveIndexes();
    if (failure_) return *failure_;
    return result_;
  }

 private:
  struct Doomed {
    const FileInfo* file;
    Names names;
  };

  Result<void> CheckNoBranches() {
    for (const char* folder : {"tree", "_refs/branches"}) {
      const auto found = fs_.Stat(JoinPath(paths_.root, folder));
      if (found) return Unsupported("a table with branches is not pruned", paths_.root);
      if (found.error().code != Code::kNotFound) return found.error();
    }
    return {};
  }

  Result<lance::ManifestFile> Read(const std::string& path) {
    return lance::ParseManifest(TRY(ReadWholeFile(fs_, path)), path);
  }

  Result<Names> NamedBy(const std::string& path) { return upkeep::NamedBy(TRY(Read(path))); }

  Result<void> Keep(const std::string& path) {
    const lance::ManifestFile version = TRY(Read(path));
    TRY(lance::CheckFlags(version.manifest.reader_feature_flags(), lance::kReadableFlags, "read"));
    TRY(lance::CheckFlags(version.manifest.writer_feature_flags(), lance::kWritableFlags, "written"));
    needed_.merge(upkeep::NamedBy(version));
    return {};
  }

  /// The first failure is told, after all that can go has gone.
  void Fail(Error error) {
    if (!failure_) failure_ = std::move(error);
  }

  bool Remove(const std::string& path, uint64_t size_bytes) {
    if (!options_.dry_run) {
      auto removed = fs_.Remove(path);
      if (!removed && removed.error().code != Code::kNotFound) {
        Fail(std::move(removed.error()));
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

  /// Nothing for a folder that is not there.
  std::vector<FileInfo> List(const std::string& path) {
    auto listed = fs_.List(path);
    if (listed) return *std::move(listed);
    if (listed.error().code != Code::kNotFound) Fail(std::move(listed.error()));
    return {};
  }

  void RemoveUnneeded(const std::string& folder, std::string_view prefix) {
    for (const FileInfo& file : List(JoinPath(paths_.root, folder))) {
      const std::string name = folder + "/" + file.name;
      if (!file.is_folder && file.name.starts_with(prefix) && IsUnneeded(name, file.mtime_ns))
        (void)Remove(JoinPath(paths_.root, name), file.size_bytes);
    }
  }

  void RemoveIndexes() {
    for (const FileInfo& folder : List(paths_.Indices())) {
      if (!folder.is_folder || !IsUnneeded("_indices/" + folder.name + "/", folder.mtime_ns)) continue;
      const std::string path = JoinPath(paths_.Indices(), folder.name);
      for (const FileInfo& file : List(path)) (void)Remove(JoinPath(path, file.name), file.size_bytes);
      if (options_.dry_run) continue;
      if (auto removed = fs_.RemoveAll(path); !removed) Fail(std::move(removed.error()));
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
