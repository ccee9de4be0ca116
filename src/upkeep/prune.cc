#include "upkeep/prune.h"

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/log.h"
#include "table/owned.h"
#include "upkeep/orphans.h"
#include "upkeep/references.h"
#include "upkeep/removed.h"
#include "upkeep/tell.h"

namespace squire::upkeep {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kFileGrace = 60 * kSecond, kForeignGrace = 600 * kSecond;
constexpr int64_t kWaitingMax = 24 * 3600 * kSecond;
constexpr uint64_t kForeignVersions = 64;
constexpr uint64_t kRememberedBytesMax = 64 << 10;

/// What is to be known of a version.
struct Known {
  Names names;
  std::string branch;
  bool is_foreign = false, is_owned = false;
  std::optional<Error> refusal;  ///< why nothing may be concluded from it
};

class Pruner {
 public:
  Pruner(FileSystem& fs, const std::string& root, const PruneOptions& options)
      : fs_(fs), paths_{root}, options_(options), now_ns_(NowNs()), remover_(fs, paths_, options.dry_run) {}

  PruneResult Run() {
    if (auto done = Do(); !done) remover_.Fail(std::move(done.error()));
    result_.files_removed = remover_.files();
    result_.bytes_freed = remover_.bytes();
    if (!options_.dry_run && (result_.files_removed > 0 || !doomed_.empty()))
      Tell(paths_.root, PruneDone(result_.files_removed, result_.bytes_freed));
    result_.failure = std::move(remover_.failure());
    return std::move(result_);
  }

 private:
  Result<void> Do() {
    if (options_.sweep) LookForFiles();
    versions_ = TRY(table::ListVersions(fs_, paths_));
    TRY(Choose());
    if (!options_.dry_run && !doomed_.empty() && LogEnabled(LogLevel::kInfo)) TellPlan();
    if (!doomed_.empty()) TRY(BeginGrace());
    RemoveManifests();
    RemoveFiles();
    RemoveWaiting();
    if (options_.sweep) RemoveOrphans();
    return {};
  }

  /// Before the versions are looked at (orphans.h). Who is dead before the files are listed has none that are missed;
  /// who is alive after that may name any of them.
  void LookForFiles() {
    std::optional<Error> failure;
    const auto look = [&]() -> Result<void> {
      dead_ = TRY(table::ListWriters(fs_, paths_, options_.dry_run)).dead;
      stored_ = ListStored(fs_, paths_, failure);
      living_ = TRY(table::ListWriterIds(fs_, paths_));
      return {};
    };
    if (auto looked = look(); !looked) {
      stored_.clear();
      dead_.clear();
      remover_.Fail(std::move(looked.error()));
    }
    if (failure) remover_.Fail(std::move(*failure));
  }

  Result<Known> Read(size_t i) {
    if (const auto found = remembered_.find(i); found != remembered_.end()) return found->second;
    const lance::ManifestFile read = TRY(ReadManifest(fs_, PathOf(i)));
    Known known{NamedBy(read), read.manifest.branch(), read.manifest.writer_version().library() != "squire",
                table::IsOwned(read.manifest), std::nullopt};
    if (auto checked = CheckKnown(read); !checked) known.refusal = std::move(checked.error());
    if (i < kForeignVersions && versions_[i].file.size_bytes <= kRememberedBytesMax) remembered_[i] = known;
    return known;
  }

  [[nodiscard]] std::string PathOf(size_t i) const { return JoinPath(paths_.Versions(), versions_[i].file.name); }

  void NoteProblem(size_t i, const Error& error) {
    result_.problems.push_back("version " + std::to_string(versions_[i].version) + " cannot be read: " + error.message);
  }

  /// Sorts the versions into those that are kept and those that go. What a kept version needs must be known before
  /// anything goes: an error ends it.
  Result<void> Choose() {
    const size_t newest = TRY(FindNewest());
    const Known known = TRY(Read(newest));
    const References references = TRY(FindReferences(fs_, paths_, known.branch));
    needed_ = references.names;
    TRY(OpenPins(known.is_owned));
    const bool has_foreign = options_.foreign_grace_ns > 0 && TRY(HasForeign(newest));
    uint64_t kept = 0;
    for (size_t i = 0; i < versions_.size(); i++) {
      const bool by_count = i <= newest || kept < std::max<uint64_t>(1, options_.keep_versions);
      if (by_count || owes_next_ || IsHeld(i, references.versions, has_foreign)) {
        if (TRY(Keep(i)) && by_count) kept++;
      } else {
        TRY(Doom(i));
      }
    }
    return {};
  }

  /// The newest version that can be read counts as the newest; what is torn is not anybody's any more.
  Result<size_t> FindNewest() {
    for (size_t i = 0; i < versions_.size(); i++) {
      const auto read = Read(i);
      if (read) return i;
      if (read.error().code == Code::kNotFound) continue;
      if (read.error().code != Code::kCorruption) return read.error();
    }
    return Corruption("no version of the table can be read", paths_.root);
  }

  Result<bool> HasForeign(size_t newest) {
    const uint64_t last = versions_[newest].version;
    for (size_t i = newest; i < versions_.size() && versions_[i].version + kForeignVersions > last; i++) {
      auto read = Read(i);
      if (read && read->is_foreign) return true;
      if (!read && read.error().code != Code::kNotFound && read.error().code != Code::kCorruption)
        return std::move(read.error());
    }
    return false;
  }

  /// Whether a version that is not kept by number stays all the same. REQUIRES: it is not the newest.
  bool IsHeld(size_t i, const std::set<uint64_t>& referenced, bool has_foreign) {
    const table::VersionFile& version = versions_[i];
    uint64_t* reason = nullptr;
    if (referenced.contains(version.version))
      reason = &result_.versions_tagged;
    else if (now_ns_ - version.file.mtime_ns < options_.older_than_ns)
      reason = &result_.versions_young;
    else if (has_foreign && now_ns_ - versions_[i - 1].file.mtime_ns < options_.foreign_grace_ns)
      reason = &result_.versions_foreign;
    else if (!TakeAlone(version.version))
      reason = &result_.versions_pinned;
    if (reason != nullptr) ++*reason;
    return reason != nullptr;
  }

  /// Locks are held until all is done: who begins to read a version now finds it gone.
  Result<void> OpenPins(bool is_owned) {
    const bool create = is_owned && !options_.dry_run;
    auto opened = fs_.OpenByteLocks(paths_.Pins(), create);
    if (!opened && create && opened.error().code == Code::kNotFound && fs_.CreateFolders(paths_.Own()))
      opened = fs_.OpenByteLocks(paths_.Pins(), create);
    if (opened) {
      pins_ = *std::move(opened);
      return {};
    }
    switch (opened.error().code) {
      case Code::kNotFound:
      case Code::kUnsupported:
      case Code::kNoSpace: return {};  // nor can a reader hold anything
      default: return opened.error();
    }
  }

  bool TakeAlone(uint64_t version) {
    if (!pins_) return true;
    if (options_.dry_run) {
      const auto is_free = pins_->IsFree(version);
      if (!is_free) remover_.Fail(is_free.error());
      return is_free && *is_free;
    }
    auto taken = pins_->TryLock(version, ByteLocks::Mode::kExclusive);
    if (taken || taken.error().code == Code::kUnsupported) return true;
    if (taken.error().code != Code::kConflict) remover_.Fail(std::move(taken.error()));
    return false;
  }

  /// True when it can be read. What one that cannot be named is not known; but versions follow from one another, so it
  /// had most of its files from the next older one, which is kept in its place, and the rest no other version names.
  Result<bool> Keep(size_t i) {
    auto read = Read(i);
    if (!read && read.error().code == Code::kNotFound) return false;  // somebody else was faster
    if (!read && read.error().code != Code::kCorruption) return std::move(read.error());
    owes_next_ = !read;
    if (!read) {
      is_something_unknown_ = true;
      NoteProblem(i, read.error());
      return false;
    }
    if (read->refusal) return *read->refusal;
    needed_.merge(read->names);
    return true;
  }

  Result<void> Doom(size_t i) {
    auto read = Read(i);
    if (!read) {
      const Code code = read.error().code;
      if (code == Code::kNotFound) return {};
      if (code != Code::kCorruption && code != Code::kIo) return std::move(read.error());
      NoteProblem(i, read.error());                                   // what it named goes with age
      if (code == Code::kIo) remover_.Fail(std::move(read.error()));  // a bad sector must not stop pruning for good
    } else {
      named_.merge(read->names);
    }
    doomed_.push_back(i);
    return {};
  }

  [[nodiscard]] std::vector<std::string> Unneeded() const {
    std::vector<std::string> out;
    for (const std::string& name : named_)
      if (!needed_.contains(name) && IsPlainName(name)) out.push_back(name);
    return out;
  }

  void TellPlan() const {
    uint64_t files = doomed_.size(), bytes = 0;
    for (size_t i : doomed_) bytes += versions_[i].file.size_bytes;
    for (const std::string& name : Unneeded()) {
      const std::string path = JoinPath(paths_.root, name);
      const auto folder = name.ends_with('/') ? fs_.List(path) : std::vector<FileInfo>();
      const auto file = name.ends_with('/') ? FileInfo{} : fs_.Stat(path);
      if (folder)
        for (const FileInfo& inner : *folder) bytes += inner.size_bytes;
      if (file) bytes += file->size_bytes;
      files += name.ends_with('/') ? (folder ? folder->size() : 0) : 1;
    }
    std::string plan = PrunePlan(doomed_.size(), versions_.size(), files, bytes);
    if (options_.file_grace_ns > 0)
      plan += "; what only they need goes in " + std::to_string(options_.file_grace_ns / kSecond) + " s";
    Tell(paths_.root, plan);
  }

  /// Notes down what is to go later. Without room for that it goes now.
  Result<void> BeginGrace() {
    if (options_.file_grace_ns <= 0 || options_.dry_run) return {};
    const auto names = Unneeded();
    if (names.empty()) return {};
    auto written = WriteRemoved(fs_, paths_, now_ns_ + options_.file_grace_ns, names);
    if (!written && written.error().code == Code::kNoSpace) {
      has_no_room_ = true;
      return {};
    }
    return written;
  }

  /// What stays although it should go needs its files still.
  void RemoveManifests() {
    std::map<std::string, size_t> doomed;
    std::vector<SizedFile> files;
    for (const size_t i : doomed_) {
      files.push_back({"_versions/" + versions_[i].file.name, versions_[i].file.size_bytes});
      doomed[files.back().name] = i;
    }
    const std::vector<std::string> still_there = remover_.RemoveMany(files);
    result_.versions_removed += files.size() - still_there.size();
    for (const std::string& name : still_there)
      if (auto still = Read(doomed[name]); still) needed_.merge(still->names);
  }

  /// Before any file goes; once is enough. What could not be synced may come back, and would name files that are gone.
  bool SyncVersions() {
    if (options_.dry_run || is_synced_) return true;
    auto synced = fs_.SyncFolder(paths_.Versions());
    if (!synced) remover_.Fail(std::move(synced.error()));
    return is_synced_ = synced.has_value();
  }

  void RemoveFiles() {
    if (doomed_.empty()) return;
    const auto names = Unneeded();
    if (options_.file_grace_ns > 0 && !has_no_room_) {
      result_.files_waiting += names.size();
      waiting_.insert(names.begin(), names.end());
    } else if (SyncVersions()) {
      (void)remover_.RemoveManyNamed(names);
    }
  }

  /// Files of versions that were removed earlier.
  void RemoveWaiting() {
    auto lists = ListRemoved(fs_, paths_);
    if (!lists) return remover_.Fail(std::move(lists.error()));
    const bool all_at_once = has_no_room_ || (options_.file_grace_ns <= 0 && options_.older_than_ns <= 0);
    for (const RemovedList& list : *lists) {
      // A time that is far off was written by another clock.
      const bool is_due = all_at_once || list.due_ns <= now_ns_ || list.due_ns > now_ns_ + kWaitingMax;
      if (!is_due && !options_.sweep) break;  // nor are those that follow
      auto names = ReadRemoved(fs_, paths_, list);
      if (!names) {
        if (names.error().code != Code::kNotFound) remover_.Fail(std::move(names.error()));
        continue;
      }
      if (!is_due) {
        waiting_.insert(names->begin(), names->end());
        continue;
      }
      std::erase_if(*names, [&](const std::string& name) { return needed_.contains(name); });
      if (SyncVersions() && remover_.RemoveManyNamed(*names)) (void)remover_.Remove(list.name, list.size_bytes);
    }
  }

  /// A file that no version names: whose is it?
  [[nodiscard]] bool IsOrphan(const StoredFile& file) const {
    if (needed_.contains(file.name) || named_.contains(file.name) || waiting_.contains(file.name)) return false;
    const bool spares_unknown = is_something_unknown_ && options_.orphan_age_ns > 0;
    if (file.writer_id) {
      if (std::ranges::find(dead_, *file.writer_id, &table::DeadWriter::id) != dead_.end()) return !spares_unknown;
      if (std::ranges::find(living_, *file.writer_id) != living_.end()) return false;
    }
    return !spares_unknown && now_ns_ - file.mtime_ns >= options_.orphan_age_ns;
  }

  void RemoveOrphans() {
    std::vector<SizedFile> files;
    std::vector<std::string> folders;
    for (const StoredFile& file : stored_) {
      if (!IsOrphan(file)) continue;
      if (file.name.ends_with('/'))
        folders.push_back(file.name);
      else
        files.push_back({file.name, file.size_bytes});
    }
    (void)remover_.RemoveMany(files);
    (void)remover_.RemoveManyNamed(folders);
    if (options_.dry_run || dead_.empty() || remover_.failure()) return;
    if (is_something_unknown_ && options_.orphan_age_ns > 0) return;
    remover_.SyncFolders();  // then the last trace of the dead may go
    for (const table::DeadWriter& writer : dead_) {
      if (remover_.failure()) return;
      if (auto removed = fs_.Remove(writer.path); !removed && removed.error().code != Code::kNotFound)
        remover_.Fail(std::move(removed.error()));
    }
  }

  FileSystem& fs_;
  const table::Paths paths_;
  const PruneOptions& options_;
  const int64_t now_ns_;
  Remover remover_;
  PruneResult result_;
  std::unique_ptr<ByteLocks> pins_;

  std::vector<StoredFile> stored_;
  std::vector<table::DeadWriter> dead_;
  std::vector<uint32_t> living_;
  std::vector<table::VersionFile> versions_;  // newest first
  std::map<size_t, Known> remembered_;
  std::vector<size_t> doomed_;
  Names needed_;   // by versions that stay
  Names named_;    // by versions that go
  Names waiting_;  // of versions that went, until their grace is over
  bool owes_next_ = false;
  bool is_something_unknown_ = false;  // a version is kept that cannot be read
  bool has_no_room_ = false;
  bool is_synced_ = false;
};

}  // namespace

PruneOptions Retention(uint64_t keep_versions, bool bytes_pressing) {
  PruneOptions options;
  options.keep_versions = keep_versions;
  options.file_grace_ns = bytes_pressing ? 0 : kFileGrace;
  options.foreign_grace_ns = kForeignGrace;
  options.sweep = false;
  return options;
}

PruneResult PruneTable(FileSystem& fs, const std::string& root, const PruneOptions& options) {
  return Pruner(fs, root, options).Run();
}

Result<PruneResult> Prune(FileSystem& fs, const std::string& root, const PruneOptions& options) {
  PruneResult result = PruneTable(fs, root, options);
  if (result.failure) return *result.failure;
  return result;
}

}  // namespace squire::upkeep
