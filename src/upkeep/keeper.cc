#include "upkeep/keeper.h"

#include "base/clock.h"
#include "base/log.h"
#include "table/owned.h"
#include "upkeep/ballast.h"
#include "upkeep/fold.h"
#include "upkeep/leftovers.h"
#include "upkeep/stats.h"

namespace squire::upkeep {
namespace {

using Clock = std::chrono::steady_clock;
using SnapshotPtr = std::shared_ptr<const table::Snapshot>;

constexpr uint64_t kVersionsPerLook = 8;
constexpr uint64_t kVersionsKept = 4;
constexpr uint64_t kBytesPerLook = 16 << 20;
constexpr int kStepsPerLook = 4;
constexpr int kStepsMax = 1000;                      // of a call that asks for all
constexpr uint64_t kBytesBeforePressing = 24 << 20;  // beside half of the live bytes
constexpr uint64_t kFilesBeforePressing = 512;
constexpr uint64_t kFreeBytesMin = 1 << 20;         // below that the ballast is given up
constexpr uint64_t kLiveBytesForBallast = 1 << 20;  // a smaller table would be mostly ballast

/// Bytes near the bound: what is not needed goes at once.
bool IsPressing(const TableBytes& bytes) { return bytes.on_disk > bytes.live + bytes.live / 2 + kBytesBeforePressing; }

/// Not the table's or the machine's fault: somebody else was there first, or did the work.
bool IsBeatenByOthers(const Error& error) { return error.code == Code::kConflict || error.code == Code::kNotFound; }

void Add(PruneResult& sum, const PruneResult& more) {
  sum.versions_removed += more.versions_removed;
  sum.files_removed += more.files_removed;
  sum.bytes_freed += more.bytes_freed;
  sum.versions_tagged = more.versions_tagged;  // what stays is what the last one leaves
  sum.versions_young = more.versions_young;
  sum.versions_foreign = more.versions_foreign;
  sum.versions_pinned = more.versions_pinned;
  sum.files_waiting = more.files_waiting;
  sum.problems = more.problems;
}

/// ERRORS: the first failure; what could go is gone and counted.
Result<void> PruneInto(FileSystem& fs, const std::string& root, const PruneOptions& options, PruneResult& sum) {
  PruneResult result = PruneTable(fs, root, options);
  Add(sum, result);
  if (result.failure) return *std::move(result.failure);
  return {};
}

HealthStage HealthStageOf(Stage stage) {
  switch (stage) {
    case Stage::kPrune: return HealthStage::kPrune;
    case Stage::kCompact: return HealthStage::kCompact;
    case Stage::kFold: break;
  }
  return HealthStage::kFold;
}

/// Where the fragments of a run stand now; nothing when others changed them.
std::optional<FragmentRun> FindRun(const table::Snapshot& snapshot, const std::vector<uint64_t>& ids) {
  for (size_t first = 0; first + ids.size() <= snapshot.num_fragments(); first++) {
    size_t same = 0;
    while (same < ids.size() && snapshot.fragment(first + same).id() == ids[same]) same++;
    if (same == ids.size()) return FragmentRun{first, same};
  }
  return std::nullopt;
}

std::vector<std::vector<uint64_t>> IdsOf(const table::Snapshot& snapshot, std::span<const FragmentRun> runs) {
  std::vector<std::vector<uint64_t>> out;
  for (const FragmentRun& run : runs) {
    auto& ids = out.emplace_back();
    for (size_t i = 0; i < run.count; i++) ids.push_back(snapshot.fragment(run.first + i).id());
  }
  return out;
}

}  // namespace

const char* StageName(Stage stage) {
  switch (stage) {
    case Stage::kPrune: return "prune";
    case Stage::kCompact: return "compact";
    case Stage::kFold: return "fold";
  }
  return "";
}

bool Keeper::IsPutOff(Stage stage) { return health_.RetryAfter(HealthStageOf(stage)) > NowNs(); }

/// Does the work of a stage; an error goes into the report, the first one of each, and into the health record.
template <class Work>
void Keeper::Run(Stage stage, UpkeepReport& report, Work work) {
  Result<void> done = work();
  std::optional<Error>& put_off = report.put_off[static_cast<size_t>(stage)];
  if (done) {
    if (!put_off) health_.Succeeded(HealthStageOf(stage));
    return;
  }
  if (!IsBeatenByOthers(done.error())) {
    health_.Failed(HealthStageOf(stage), done.error());
    Log(LogLevel::kWarn, std::string(StageName(stage)) + " is put off: " + done.error().ToString());
  }
  if (!put_off) put_off = std::move(done.error());
}

void Keeper::Settle(const table::Snapshot& current) {
  if (!table::IsOwned(current.manifest())) return;
  FileSystem& fs = current.files()->fs();
  const std::string& root = current.paths().root;
  const auto free = fs.FreeBytes(root);
  if (free && *free < kFreeBytesMin) {
    (void)ReleaseBallast(fs, root);
  } else if (const auto sizes = SizesOf(current)) {
    uint64_t live = 0;
    for (const FragmentSize& size : *sizes) live += size.live_bytes;
    // Ballast that cannot be had is no harm yet: the next look tries again.
    if (live >= kLiveBytesForBallast) (void)EnsureBallast(fs, root, live);
  }
  health_.Save();
}

void Keeper::PruneUnasked(const table::Snapshot& current, UpkeepReport& report) {
  Run(Stage::kPrune, report, [&]() -> Result<void> {
    FileSystem& fs = current.files()->fs();
    const TableBytes bytes = TRY(MeasureTable(current));
    const bool pressing = IsPressing(bytes);
    if (!pressing && bytes.versions <= kVersionsKept) return {};
    const PruneOptions options =
        Retention(pressing ? 1 : kVersionsKept, pressing || bytes.files > kFilesBeforePressing);
    return PruneInto(fs, current.paths().root, options, report.pruned);
  });
}

bool Keeper::IsDue(const table::Snapshot& current) {
  if (last_look_version_ == 0) {  // how long ago the last look was is told by what it left
    const auto versions = table::ListVersions(current.files()->fs(), current.paths());
    if (!versions || versions->size() >= kVersionsPerLook) return true;
    ClearLeftoversOnce(current);
    last_look_version_ = versions->back().version;
  }
  if (current.version() >= last_look_version_ + kVersionsPerLook) return true;
  uint64_t written = 0;
  for (const pb::DataFragment& fragment : current.manifest().fragments())
    for (const pb::DataFile& file : fragment.files())
      if (fragment.id() >= last_look_fragment_) written += file.file_size_bytes();
  return written >= kBytesPerLook;
}

void Keeper::AfterCommit(SnapshotPtr& current) {
  if (!table::IsOwned(current->manifest())) return;
  const auto started = Clock::now();
  if (IsDue(*current)) {
    // One program at a time: what the others would do is being done.
    FileSystem& fs = current->files()->fs();
    const std::string folder = JoinPath(current->paths().root, "_squire");
    if (fs.CreateFolders(folder)) {
      if (const auto lock = fs.Lock(JoinPath(folder, "upkeep"), false)) DoShare(current);
    }
    last_look_version_ = current->version();
    last_look_fragment_ = uint64_t{current->manifest().max_fragment_id()} + 1;
  }
  unasked_time_ += Clock::now() - started;
}

Result<void> Keeper::Merge(SnapshotPtr& current, const FragmentRun& run, uint64_t file_bytes_max, CompactResult& sum) {
  TRY(Rewrite(current, run, file_bytes_max, sum));
  versions_made_++;
  return {};
}

Result<void> Keeper::Fold(SnapshotPtr& current, bool all) {
  versions_made_ += TRY(FoldKeyIndexes(current, all));
  return {};
}

bool Keeper::MergeTiers(SnapshotPtr& current, int steps_max, UpkeepReport& report) {
  bool has_merged = false;
  for (int step = 0; step < steps_max; step++) {
    bool is_done = true;
    Run(Stage::kCompact, report, [&]() -> Result<void> {
      const std::vector<FragmentSize> sizes = TRY(SizesOf(*current));
      const auto run = NextMerge(sizes);
      if (!run) return {};
      TRY(Merge(current, *run, UnaskedFileBytesMax(sizes), report.compacted));
      is_done = false;
      has_merged = true;
      return {};
    });
    if (is_done) break;
  }
  return has_merged;
}

void Keeper::DoShare(SnapshotPtr& current) {
  UpkeepReport report;
  if (!IsPutOff(Stage::kPrune)) PruneUnasked(*current, report);
  const bool has_merged = !IsPutOff(Stage::kCompact) && MergeTiers(current, kStepsPerLook, report);
  if (!IsPutOff(Stage::kFold)) Run(Stage::kFold, report, [&] { return Fold(current, false); });
  if (has_merged && !IsPutOff(Stage::kPrune)) PruneUnasked(*current, report);
  Settle(*current);
}

UpkeepReport Keeper::Prune(const table::Snapshot& current, const PruneOptions& options) {
  UpkeepReport report;
  FileSystem& fs = current.files()->fs();
  Run(Stage::kPrune, report, [&] { return PruneInto(fs, current.paths().root, options, report.pruned); });
  if (!options.dry_run) Settle(current);
  return report;
}

UpkeepReport Keeper::Compact(SnapshotPtr& current, const CompactOptions& options) {
  UpkeepReport report;
  report.compacted.fragments_before = current->num_fragments();
  const bool is_owned = table::IsOwned(current->manifest());
  Run(Stage::kCompact, report, [&]() -> Result<void> {
    const std::vector<FragmentSize> sizes = TRY(SizesOf(*current));
    const auto runs = PlanCompaction(sizes, options);
    for (const std::vector<uint64_t>& ids : IdsOf(*current, runs)) {
      const auto run = FindRun(*current, ids);
      if (!run) continue;  // others did it
      TRY(Merge(current, *run, options.target_bytes, report.compacted));
      if (is_owned) PruneUnasked(*current, report);
    }
    return {};
  });
  report.compacted.fragments_after = current->num_fragments();
  Settle(*current);
  return report;
}

UpkeepReport Keeper::Optimize(SnapshotPtr& current, const PruneOptions& options) {
  UpkeepReport pruned;
  const auto prune = [&] { return PruneInto(current->files()->fs(), current->paths().root, options, pruned.pruned); };
  Run(Stage::kPrune, pruned, prune);
  UpkeepReport report;
  const bool is_owned = table::IsOwned(current->manifest());
  if (is_owned) {
    report.compacted.fragments_before = current->num_fragments();
    (void)MergeTiers(current, kStepsMax, report);
    report.compacted.fragments_after = current->num_fragments();
  } else {
    report = Compact(current);
  }
  Run(Stage::kFold, report, [&] { return Fold(current, !is_owned); });
  Run(Stage::kPrune, pruned, prune);
  Add(report.pruned, pruned.pruned);
  auto& put_off = report.put_off[static_cast<size_t>(Stage::kPrune)];
  if (!put_off) put_off = std::move(pruned.put_off[static_cast<size_t>(Stage::kPrune)]);
  Settle(*current);
  return report;
}

}  // namespace squire::upkeep
