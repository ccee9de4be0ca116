#include "upkeep/doctor.h"

#include <algorithm>

#include "table/tags.h"
#include "upkeep/prune.h"

namespace squire::upkeep {
namespace {

constexpr size_t kToldMax = 20;         // findings of one kind
constexpr uint64_t kVersionsMax = 16;   // what a table that is kept well has at most, tags aside
constexpr uint64_t kFragmentsMax = 64;  // the same, below a million rows
constexpr uint64_t kRowsOfFewFragments = 1'000'000;
constexpr uint64_t kOldBytesMin = 1 << 20;  // old versions of less are no problem

std::string Count(uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// `path` as one word of a shell.
std::string Quoted(const std::string& path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+=@%:,";
  if (!path.empty() && path.front() != '-' && path.find_first_not_of(kPlain) == std::string::npos) return path;
  std::string out = "'";
  for (char c : path) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// What of a data file is rows that are not deleted.
uint64_t LiveShare(uint64_t size_bytes, const pb::DataFragment& fragment) {
  const uint64_t rows = fragment.physical_rows(), deleted = std::min(rows, fragment.deletion_file().num_deleted_rows());
  if (rows == 0) return size_bytes;
  return static_cast<uint64_t>(static_cast<unsigned __int128>(size_bytes) * (rows - deleted) / rows);
}

/// "_indices/<uuid>/" of a path below it.
std::string IndexFolder(const std::string& path) { return path.substr(0, path.find('/', 9) + 1); }

class Examiner {
 public:
  Examiner(FileSystem& fs, const Inventory& inventory)
      : fs_(fs), inventory_(inventory), command_(Quoted(inventory.paths.root)) {}

  DoctorReport Run() {
    report_.path = inventory_.paths.root;
    report_.version = inventory_.newest_version;
    report_.versions = inventory_.versions.size();
    report_.bytes = CountBytes(inventory_);
    if (inventory_.newest) {
      for (const pb::DataFragment& fragment : inventory_.newest->manifest.fragments())
        report_.rows +=
            fragment.physical_rows() - std::min(fragment.physical_rows(), fragment.deletion_file().num_deleted_rows());
      report_.fragments = static_cast<uint64_t>(inventory_.newest->manifest.fragments_size());
    }
    CheckVersions();
    CheckTags();
    if (inventory_.newest) {
      for (Finding& finding : CheckFiles(inventory_)) Damage(std::move(finding));
      CheckBloat();
    }
    report_.problems = Summarized(std::move(report_.problems));
    Prescribe();
    return std::move(report_);
  }

 private:
  void Problem(std::string kind, std::string text, uint64_t bytes, std::string command = {}) {
    report_.problems.push_back({std::move(kind), std::move(text), std::move(command), bytes, false});
  }
  void Damage(Finding finding) {
    finding.is_damage = true;
    if (finding.command.empty()) finding.command = "squire repair " + command_;
    report_.problems.push_back(std::move(finding));
  }

  void CheckVersions() {
    for (const VersionEntry& entry : inventory_.versions) {
      const std::string name = "version " + std::to_string(entry.version);
      if (entry.error) {
        std::string text = name + " cannot be read: " + entry.error->message;
        if (entry.version > inventory_.newest_version)
          text += "; it is newer than all that can, so nobody opens the table";
        const bool is_torn = entry.error->code == Code::kCorruption;
        Damage({is_torn ? "torn_manifest" : "unreadable_manifest", std::move(text), {}, entry.file.size_bytes});
      }
    }
    if (std::string text = TellIncomplete(inventory_); !text.empty())
      Problem("incomplete_versions", std::move(text), 0, "squire prune " + command_);
    if (!inventory_.newest) Damage({"no_version", "no version of the table can be read", {}});
    if (!inventory_.newest) return;
    const pb::Manifest& manifest = inventory_.newest->manifest;
    const auto readable = lance::CheckFlags(manifest.reader_feature_flags(), lance::kReadableFlags, "read");
    const auto writable = lance::CheckFlags(manifest.writer_feature_flags(), lance::kWritableFlags, "written");
    if (!readable || !writable) Problem("unsupported", (readable ? writable : readable).error().message, 0);
  }

  void CheckTags() {
    const auto tags = table::ListTags(fs_, inventory_.paths);
    if (!tags) return Damage({"bad_tag", tags.error().ToString() + "; nothing is pruned until it is removed", {}});
    tags_ = tags->size();
    for (const table::Tag& tag : *tags) {
      const bool is_there = std::ranges::any_of(
          inventory_.versions, [&](const VersionEntry& entry) { return entry.version == tag.version; });
      if (!is_there && tag.branch.empty())
        Damage({"bad_tag",
                "tag '" + tag.name + "' holds version " + std::to_string(tag.version) + ", which is not there",
                {}});
    }
  }

  void CheckBloat() {
    const ByteReport& bytes = report_.bytes;
    const uint64_t old = bytes.old_versions - bytes.deleted_rows;
    const std::string prune = "squire prune " + command_, compact = "squire compact " + command_;
    if (report_.versions > kVersionsMax + tags_ || old + bytes.indexes > bytes.live + kOldBytesMin)
      Problem("old_versions", Count(report_.versions, "version") + " are kept", old + bytes.indexes, prune);
    if (bytes.orphans > bytes.live / 10)
      Problem("orphans", "files that no version names: of a writer at work, or of one that was killed", bytes.orphans,
              prune);
    if (bytes.deleted_rows > bytes.live / 5)
      Problem("deleted_rows", "rows that are deleted still take room in files that are needed", bytes.deleted_rows,
              compact);
    if (report_.fragments > kFragmentsMax && report_.rows < kRowsOfFewFragments)
      Problem(
          "fragments",
          Count(report_.fragments, "fragment") + " hold " + Count(report_.rows, "row") + ": each costs a search time",
          bytes.live, compact);
    if (inventory_.has_branches) Problem("branches", "the table has branches, which hold files of their own", 0);
  }

  /// What a call of prune would free. Nothing, and a problem, when it would not work.
  uint64_t Pruned(const PruneOptions& options) {
    const PruneResult result = PruneTable(fs_, inventory_.paths.root, options);
    if (result.failure && std::ranges::find(report_.problems, "not_prunable", &Finding::kind) == report_.problems.end())
      Problem("not_prunable", "pruning would fail: " + result.failure->message, 0);
    return result.bytes_freed;
  }

  void Remedy(std::string kind, std::string text, std::string command, uint64_t bytes) {
    report_.remedies.push_back({std::move(kind), std::move(text), std::move(command), bytes, false});
  }

  void Prescribe() {
    if (std::ranges::any_of(report_.problems, [&](const Finding& problem) {
          return problem.is_damage && problem.command.starts_with("squire repair");
        }))
      Remedy("repair", "makes a version of what can be read and tells what was lost", "squire repair " + command_, 0);
    PruneOptions options;
    options.dry_run = true;
    const uint64_t pruned = Pruned(options);
    if (pruned > 0)
      Remedy("prune", "removes old versions and the files that only they need", "squire prune " + command_, pruned);
    options.orphan_age_ns = 0;
    if (const uint64_t all = Pruned(options); all > pruned)
      Remedy("prune_unverified",
             "the same, and the files that no version names, however young: only while nobody writes to the table",
             "squire prune " + command_ + " --unverified", all);
    if (report_.bytes.deleted_rows > 0)
      Remedy("compact", "leaves deleted rows behind; a prune after it frees their bytes", "squire compact " + command_,
             report_.bytes.deleted_rows);
  }

  FileSystem& fs_;
  const Inventory& inventory_;
  std::string command_;
  uint64_t tags_ = 0;
  DoctorReport report_;
};

}  // namespace

ByteReport CountBytes(const Inventory& inventory) {
  ByteReport out;
  std::map<std::string, const pb::DataFragment*> fragment_of;
  if (inventory.newest) {
    for (const pb::DataFragment& fragment : inventory.newest->manifest.fragments())
      for (const pb::DataFile& file : fragment.files()) fragment_of["data/" + file.path()] = &fragment;
  }
  for (const auto& [path, file] : inventory.files) {
    const uint64_t size = file.size_bytes;
    out.total += size;
    const bool is_index = path.starts_with("_indices/");
    const std::string name = is_index ? IndexFolder(path) : path;
    if (path.starts_with("_versions/") || path.starts_with("_transactions/") || path.starts_with("_refs/") ||
        path.starts_with("_squire/")) {
      out.manifests += size;
    } else if (inventory.named_by_newest.contains(name)) {
      const auto fragment = fragment_of.find(path);
      const uint64_t live = fragment == fragment_of.end() ? size : LiveShare(size, *fragment->second);
      (is_index ? out.live_indexes : fragment == fragment_of.end() ? out.live_deletions : out.live_data) += live;
      out.deleted_rows += size - live;
    } else if (inventory.named_by_others.contains(name) || path.starts_with("tree/")) {
      (is_index ? out.indexes : out.old_versions) += size;
    } else {
      out.orphans += size;
    }
  }
  out.old_versions += out.deleted_rows;
  out.live = out.live_data + out.live_deletions + out.live_indexes;
  return out;
}

std::vector<Finding> CheckFiles(const Inventory& inventory) {
  std::vector<Finding> out;
  const auto check = [&](const std::string& what, const std::string& path, uint64_t expected) {
    const auto size = SizeOf(inventory, path);
    if (!size)
      out.push_back({"missing_file", what + ": " + path + " is not there", {}, expected, true});
    else if (expected != 0 && *size != expected)
      out.push_back({"wrong_size",
                     what + ": " + path + " has " + std::to_string(*size) + " bytes, the manifest says " +
                         std::to_string(expected),
                     {},
                     expected,
                     true});
  };
  for (const pb::DataFragment& fragment : inventory.newest->manifest.fragments()) {
    const std::string what = "fragment " + std::to_string(fragment.id());
    for (const pb::DataFile& file : fragment.files())
      if (!file.has_base_id()) check(what, "data/" + file.path(), file.file_size_bytes());
    if (fragment.has_deletion_file() && !fragment.deletion_file().has_base_id())
      check(what, "_deletions/" + table::Paths::DeletionName(fragment.id(), fragment.deletion_file()), 0);
  }
  for (const pb::IndexMetadata& index : inventory.newest->indices.indices()) {
    if (index.has_base_id()) continue;
    const std::string what = "index '" + index.name() + "'", folder = "_indices/" + table::UuidText(index.uuid()) + "/";
    for (const pb::IndexFile& file : index.files()) check(what, folder + file.path(), file.size_bytes());
    const auto first = inventory.files.lower_bound(folder);
    // Some entries that stand among the indexes are no indexes of a column and have no files.
    if (index.files_size() == 0 && index.fields_size() > 0 &&
        (first == inventory.files.end() || !first->first.starts_with(folder)))
      out.push_back({"missing_file", what + ": there is nothing in " + folder, {}, 0, true});
  }
  return out;
}

std::vector<Finding> Summarized(std::vector<Finding> findings) {
  std::map<std::string, size_t> seen;
  std::map<std::string, Finding> more;
  std::vector<Finding> out;
  for (Finding& finding : findings) {
    if (seen[finding.kind]++ < kToldMax) {
      out.push_back(std::move(finding));
      continue;
    }
    Finding& sum =
        more.try_emplace(finding.kind, Finding{finding.kind, {}, finding.command, 0, finding.is_damage}).first->second;
    sum.bytes += finding.bytes;
    sum.text = std::to_string(seen[finding.kind] - kToldMax) + " more of this kind";
  }
  for (auto& [kind, sum] : more) out.push_back(std::move(sum));
  return out;
}

Result<DoctorReport> Diagnose(FileSystem& fs, const std::string& root) {
  const Inventory inventory = TRY(TakeInventory(fs, root));
  return Examiner(fs, inventory).Run();
}

}  // namespace squire::upkeep
