// The public functions of squire/rescue.h, on the machine's file system.

#include "squire/rescue.h"

#include <algorithm>
#include <limits>

#include "table/owned.h"
#include "upkeep/doctor.h"
#include "upkeep/keeper.h"
#include "upkeep/prune.h"
#include "upkeep/repair.h"
#include "upkeep/verify.h"

namespace squire {
namespace {

constexpr size_t kFolderDepthMax = 16;
constexpr size_t kFoldersMax = 1'000'000;
constexpr std::string_view kSuffix = ".lance";

bool IsTable(FileSystem& fs, const std::string& path) { return fs.Stat(table::Paths{path}.Versions()).has_value(); }

/// A prune of a table of ours that opens is in its health record, which it may turn green.
upkeep::PruneResult PruneAndRecord(FileSystem& fs, const std::string& path, const upkeep::PruneOptions& options) {
  constexpr size_t kOpenFilesMax = 4;
  const auto files = std::make_shared<table::FileCache>(fs, kOpenFilesMax);
  const auto snapshot = table::Snapshot::Open(files, path);
  if (options.dry_run || !snapshot || !table::IsOwned((*snapshot)->manifest()))
    return upkeep::PruneTable(fs, path, options);
  upkeep::HealthWatch health(fs, path, /*owned=*/true);
  upkeep::UpkeepReport report = upkeep::Keeper(fs, path, health).Prune(**snapshot, options);
  report.pruned.failure = std::move(report.put_off[static_cast<size_t>(upkeep::Stage::kPrune)]);
  return std::move(report.pruned);
}

}  // namespace

Result<DoctorReport> Doctor(const std::string& path) { return upkeep::Diagnose(PosixFileSystem(), path); }

Result<TableVerifyReport> Verify(const std::string& path, const VerifyOptions& options) {
  return upkeep::VerifyTable(PosixFileSystem(), path, options);
}

Result<PruneReport> Prune(const std::string& path, const PruneRequest& request) {
  const auto nanoseconds = [](int64_t seconds) {
    constexpr int64_t kSecondsMax = std::numeric_limits<int64_t>::max() / 1'000'000'000;
    return std::clamp(seconds, -kSecondsMax, kSecondsMax) * 1'000'000'000;
  };
  upkeep::PruneOptions options;
  options.keep_versions = request.keep_versions;
  options.older_than_ns = nanoseconds(request.older_than_s);
  options.orphan_age_ns = nanoseconds(request.leftover_age_s);
  options.dry_run = request.dry_run;
  upkeep::PruneResult result = PruneAndRecord(PosixFileSystem(), path, options);
  if (result.failure && result.files_removed == 0) return *std::move(result.failure);
  return PruneReport{result.versions_removed,    result.files_removed,     result.bytes_freed,
                     result.versions_tagged,     result.versions_young,    result.versions_pinned,
                     std::move(result.problems), std::move(result.failure)};
}

Result<RepairReport> Repair(const std::string& path, const RepairOptions& options) {
  return upkeep::Repair(PosixFileSystem(), path, options);
}

Result<std::vector<std::string>> FindTables(const std::string& path) {
  FileSystem& fs = PosixFileSystem();
  if (IsTable(fs, path)) return std::vector{path};
  std::vector<std::string> found;
  std::vector<std::pair<std::string, size_t>> folders = {{path, 0}};
  size_t looked_at = 0;
  while (!folders.empty()) {
    const auto [folder, depth] = std::move(folders.back());
    folders.pop_back();
    if (looked_at++ == kFoldersMax) return OverBudget("there are over a million folders below " + path);
    auto listed = fs.List(folder);
    if (!listed && depth > 0) continue;  // of somebody else, or gone
    for (const FileInfo& file : TRY(std::move(listed))) {
      if (!file.is_folder) continue;
      std::string inner = JoinPath(folder, file.name);
      if (file.name.ends_with(kSuffix) && IsTable(fs, inner))
        found.push_back(std::move(inner));
      else if (depth < kFolderDepthMax)
        folders.emplace_back(std::move(inner), depth + 1);
    }
  }
  if (found.empty()) return NotFound("there is no Lance table here, nor any below", path);
  std::ranges::sort(found);
  return found;
}

}  // namespace squire
