#include "upkeep/keeper.h"

#include "base/clock.h"
#include "table/owned.h"
#include "upkeep/ballast.h"
#include "upkeep/fold.h"
#include "upkeep/leftovers.h"
#include "upkeep/limits.h"
#include "upkeep/references.h"
#include "upkeep/stats.h"
#include "upkeep/tell.h"

namespace squire::upkeep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kVersionsPerLook = 10;
constexpr uint64_t kVersionsKept = 4;
constexpr uint64_t kRecentVersions = 16;  // older ones that are there are tagged or in use
constexpr uint64_t kBytesPerLook = 16 << 20;
constexpr int kStepsPerLook = 4;
constexpr int kStepsMax = 1000;                      // of a call that asks for all
constexpr uint64_t kBytesBeforePressing = 24 << 20;  // beside half of the live bytes
constexpr uint64_t kFilesBeforePressing = 512;
constexpr uint64_t kFreeBytesLow = 64 << 20;        // below that nothing waits
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

/// A run by its fragments' ids, which stand when others move them.
struct NamedRun {
  std::vector<uint64_t> ids;
  uint64_t bytes = 0;
};

std::vector<NamedRun> Named(const table::Snapshot& snapshot, std::span<const FragmentSize> sizes,
                            std::span<const FragmentRun> runs) {
  std::vector<NamedRun> out;
  for (const FragmentRun& run : runs) {
    NamedRun& named = out.emplace_back();
    for (size_t i = run.first; i < run.first + run.count; i++) {
      named.ids.push_back(snapshot.fragment(i).id());
      named.bytes += sizes[i].bytes;
    }
  }
  return out;
}

}  // namespace

bool Keeper::IsPutOff(Stage stage) { return health_.RetryAfter(HealthStageOf(stage)) > NowNs(); }

/// Does the work of a stage; an error goes into the report, the first one of each, and into the health record. Work
/// that meets a full disk and was asked for is tried once more with the ballast's room.
template <class Work>
void Keeper::Run(Stage stage, UpkeepReport& report, Work work) {
  Result<void> done = work();
  if (!done && done.error().code == Code::kNoSpace && report.is_asked) {
    const auto released = ReleaseBallast(fs_, root_);
    if (released && *released > 0) {
      Tell(root_, "gives up the ballast, " + BytesText(*released) + ": the disk is full");
      done = work();
    }
  }
  std::optional<Error>& put_off = report.put_off[static_cast<size_t>(stage)];
  if (done) {
    if (!put_off) health_.Succeeded(HealthStageOf(stage));
    return;
  }
  if (!IsBeatenByOthers(done.error())) NoteFailure(stage, done.error());
  if (!put_off) put_off = std::move(done.error());
}

void Keeper::NoteFailure(Stage stage, const Error& error) {
  constexpr int64_t kSecondNs = 1'000'000'000;
  const HealthStage health_stage = HealthStageOf(stage);
  health_.Failed(health_stage, error);
  const int64_t wait_ns = health_.RetryAfter(health_stage) - NowNs();
  const int64_t wait_s = wait_ns > 0 ? (wait_ns + kSecondNs - 1) / kSecondNs : 0;
  TellFailure(root_, FailedText(HealthStageName(health_stage), error, health_.Of(health_stage).streak, wait_s));
}

void Keeper::Settle(const table::Snapshot& current, bool is_asked) {
  if (!table::IsOwned(current.manifest())) return;
  const auto free = fs_.FreeBytes(root_);
  if (free && *free < kFreeBytesMin) {
    if (is_asked) (void)ReleaseBallast(fs_, root_);
  } else if (const auto sizes = SizesOf(current)) {
    uint64_t live = 0;
    for (const FragmentSize& size : *sizes) live += size.live_bytes;
    // Ballast that cannot be had is no harm yet: the next look tries again.
    if (live >= kLiveBytesForBallast) (void)EnsureBallast(fs_, root_, live);
  }
  health_.Save();
}

/// ERRORS: the first failure; what could go is gone and counted.
Result<void> Keeper::PruneInto(const PruneOptions& options, PruneResult& sum) {
  PruneResult result = PruneTable(fs_, root_, options);
  Add(sum, result);
  if (result.failure) return *std::move(result.failure);
  return {};
}

/// A dry run says nothing about whether a prune would go well.
void Keeper::RunPrune(const PruneOptions& options, UpkeepReport& report) {
  if (!options.dry_run) return Run(Stage::kPrune, report, [&] { return PruneInto(options, report.pruned); });
  if (auto done = PruneInto(options, report.pruned); !done)
    report.put_off[static_cast<size_t>(Stage::kPrune)] = std::move(done.error());
}

void Keeper::PruneUnasked(const table::Snapshot& current, UpkeepReport& report, bool at_once) {
  Run(Stage::kPrune, report, [&]() -> Result<void> {
    const TableBytes bytes = TRY(MeasureTable(current));
    TableMeasures measures = MeasuresOf(current, bytes);
    if (const auto free = fs_.FreeBytes(root_)) {
      measures.free_bytes = *free;
      health_.SetMeasures(measures);
    }
    const bool pressing =
        at_once || IsDiskLow() || IsPressing(bytes) || bytes.on_disk > limits_.BytesAllowed(bytes.live);
    if (!pressing && bytes.versions <= kVersionsKept) return {};
    return PruneInto(Retention(pressing ? 1 : kVersionsKept, pressing || bytes.files > kFilesBeforePressing),
                     report.pruned);
  });
}

/// When another handle looked last is told by what it left; false when that was long ago, or is not to be told.
bool Keeper::RecallLastLook(const table::Snapshot& current) {
  const auto listed = table::ListVersions(fs_, current.paths());
  if (!listed) return false;
  const auto is_recent = [&](const table::VersionFile& file) {
    return file.version + kRecentVersions > current.version();
  };
  const auto recent = static_cast<uint64_t>(std::ranges::count_if(*listed, is_recent));
  if (recent == 0 || recent >= kVersionsPerLook) return false;
  const table::VersionFile& oldest = (*listed)[recent - 1];  // newest first
  const auto read = ReadManifest(fs_, JoinPath(current.paths().Versions(), oldest.file.name));
  if (!read) return false;
  ClearLeftoversOnce(current);
  last_look_version_ = oldest.version;
  last_look_fragment_ = uint64_t{read->manifest.max_fragment_id()} + 1;
  return true;
}

bool Keeper::IsDiskLow() const {
  const auto free = fs_.FreeBytes(root_);
  return free && *free < kFreeBytesLow;
}

bool Keeper::IsDue(const table::Snapshot& current) {
  if (last_look_version_ == 0 && !RecallLastLook(current)) return true;
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
    DoShareAlone(current);
    last_look_version_ = current->version();
    last_look_fragment_ = uint64_t{current->manifest().max_fragment_id()} + 1;
  }
  unasked_time_ += Clock::now() - started;
}

Result<void> Keeper::Merge(SnapshotPtr& current, const FragmentRun& run, uint64_t bytes, uint64_t file_bytes_max,
                           CompactResult& sum) {
  Tell(root_, CompactPlan(run.count, bytes, std::max<uint64_t>(1, bytes / file_bytes_max)));
  CompactResult done;
  TRY(Rewrite(current, run, file_bytes_max, done));
  Tell(root_, CompactDone(run.count, done.bytes_written, done.rows_dropped));
  sum.bytes_written += done.bytes_written;
  sum.rows_dropped += done.rows_dropped;
  versions_made_++;
  return {};
}

void Keeper::Relieve(const table::Snapshot& current) {
  if (!table::IsOwned(current.manifest()) || !IsDiskLow() || IsPutOff(Stage::kPrune)) return;
  const auto started = Clock::now();
  UpkeepReport report{.is_asked = false};
  PruneUnasked(current, report);
  unasked_time_ += Clock::now() - started;
}

void Keeper::MakeRoom(SnapshotPtr& current, bool for_delete) {
  if (!table::IsOwned(current->manifest())) return;
  const auto started = Clock::now();
  if (for_delete) (void)ReleaseBallast(fs_, root_);
  DoShareAlone(current, /*at_once=*/true);
  unasked_time_ += Clock::now() - started;
}

void Keeper::Shrink(SnapshotPtr& current) {
  if (!table::IsOwned(current->manifest())) return;
  const auto started = Clock::now();
  UpkeepReport report{.is_asked = false};
  RunPrune({}, report);
  const bool is_held = report.pruned.versions_tagged + report.pruned.versions_pinned > 0;
  if (!is_held && MergeTiers(current, kStepsPerLook, report, /*is_pressed=*/true)) RunPrune({}, report);
  Settle(*current, /*is_asked=*/false);
  unasked_time_ += Clock::now() - started;
}

bool Keeper::MergeTiers(SnapshotPtr& current, int steps_max, UpkeepReport& report, bool is_pressed) {
  bool has_merged = false;
  for (int step = 0; step < steps_max; step++) {
    bool is_done = true;
    Run(Stage::kCompact, report, [&]() -> Result<void> {
      const std::vector<FragmentSize> sizes = TRY(SizesOf(*current));
      const auto free = fs_.FreeBytes(root_);
      const auto run = NextMerge(sizes, free ? *free : UINT64_MAX, is_pressed);
      if (!run) return {};
      const uint64_t bytes = Named(*current, sizes, {&*run, 1}).front().bytes;
      TRY(Merge(current, *run, bytes, UnaskedFileBytesMax(sizes), report.compacted));
      is_done = false;
      has_merged = true;
      return {};
    });
    if (is_done) break;
    if (report.is_asked || is_pressed || IsDiskLow()) PruneUnasked(*current, report);
  }
  return has_merged;
}

void Keeper::MergeAll(SnapshotPtr& current, const CompactOptions& options, UpkeepReport& report) {
  const bool is_owned = table::IsOwned(current->manifest());
  Run(Stage::kCompact, report, [&]() -> Result<void> {
    const std::vector<FragmentSize> sizes = TRY(SizesOf(*current));
    for (const NamedRun& named : Named(*current, sizes, PlanCompaction(sizes, options))) {
      const auto run = FindRun(*current, named.ids);
      if (!run) continue;  // others did it
      TRY(Merge(current, *run, named.bytes, options.target_bytes, report.compacted));
      if (is_owned) PruneUnasked(*current, report);
    }
    return {};
  });
}

void Keeper::Fold(SnapshotPtr& current, bool all, UpkeepReport& report) {
  Run(Stage::kFold, report, [&]() -> Result<void> {
    versions_made_ += TRY(FoldKeyIndexes(current, all));
    versions_made_ += TRY(FoldVectorIndexes(current, all));
    versions_made_ += TRY(FoldTextIndexes(current, all));
    return {};
  });
}

/// One program at a time: what the others would do is being done.
void Keeper::DoShareAlone(SnapshotPtr& current, bool at_once) {
  const std::string folder = current->paths().Own();
  if (!fs_.CreateFolders(folder)) return;
  const auto lock = fs_.Lock(JoinPath(folder, "upkeep"), false);
  if (lock || lock.error().code == Code::kUnsupported) DoShare(current, at_once);  // without locks everybody does it
}

void Keeper::DoShare(SnapshotPtr& current, bool at_once) {
  UpkeepReport report{.is_asked = false};
  if (!IsPutOff(Stage::kPrune)) PruneUnasked(*current, report, at_once);
  const bool has_merged = !IsPutOff(Stage::kCompact) && MergeTiers(current, kStepsPerLook, report);
  if (!IsPutOff(Stage::kFold)) Fold(current, /*all=*/false, report);
  if (has_merged && !IsPutOff(Stage::kPrune)) PruneUnasked(*current, report, at_once);
  Settle(*current, /*is_asked=*/false);
}

UpkeepReport Keeper::Prune(const table::Snapshot& current, const PruneOptions& options) {
  UpkeepReport report;
  RunPrune(options, report);
  if (!options.dry_run) Settle(current, /*is_asked=*/true);
  return report;
}

UpkeepReport Keeper::Compact(SnapshotPtr& current, const CompactOptions& options) {
  UpkeepReport report;
  report.compacted.fragments_before = current->num_fragments();
  MergeAll(current, options, report);
  report.compacted.fragments_after = current->num_fragments();
  Settle(*current, /*is_asked=*/true);
  return report;
}

UpkeepReport Keeper::Optimize(SnapshotPtr& current, const PruneOptions& options) {
  UpkeepReport report;
  RunPrune(options, report);
  if (options.dry_run) return report;
  const bool is_owned = table::IsOwned(current->manifest());
  report.compacted.fragments_before = current->num_fragments();
  if (is_owned)
    (void)MergeTiers(current, kStepsMax, report);
  else
    MergeAll(current, {}, report);
  report.compacted.fragments_after = current->num_fragments();
  Fold(current, /*all=*/!is_owned, report);
  RunPrune(options, report);
  Settle(*current, /*is_asked=*/true);
  return report;
}

}  // namespace squire::upkeep
