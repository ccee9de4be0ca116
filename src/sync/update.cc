#include "sync/update.h"

#include <algorithm>
#include <thread>

#include "base/clock.h"
#include "corpus/read.h"
#include "sync/config.h"
#include "sync/limits.h"
#include "sync/plan.h"
#include "sync/reader.h"
#include "sync/state.h"
#include "sync/trust.h"
#include "sync/wanted_indexes.h"
#include "sync/write_lock.h"

namespace squire::sync {
namespace {

constexpr size_t kReadFiles = 64;      // files read at once
constexpr size_t kGroupChunks = 384;   // chunks that are embedded together: some 15 s of the local model on two cores
constexpr double kCommitSeconds = 10;  // of model time, between commits of a first index: under 30 with a group's own

constexpr size_t kYoungFilesMax = 1000;  // more than that are left to the next run
constexpr int kPlansMax = 5;             // a run is planned anew so often when other writers are first
constexpr char kStopped[] = "stopped; what was embedded is kept and the next run goes on from there";

/// The run's own state, from lock to last commit.
class Run {
 public:
  Run(const Location& location, const UpdateOptions& options, std::unique_ptr<embed::Embedder>& embedder)
      : location_(location), options_(options), embedder_(embedder), started_(MonotonicSeconds()) {}

  Result<UpdateReport> Go() {
    if (options_.embedder) Trust(options_.embedder->url);
    if (!options_.dry_run) {
      TRY(CreateIndexFolder(location_));
      lock_.emplace(TRY(WriteLock::Take(location_, options_.stop, options_.waiting)));
    }
    TRY(OpenTable());
    state_.emplace(TRY(State::Open(location_.state(), !options_.dry_run)));
    tree_options_ = options_.tree ? *options_.tree : TRY(LoadTreeOptions(location_));
    if (options_.tree && !options_.dry_run) TRY(SaveTreeOptions(location_, tree_options_));
    limits_ = options_.limits ? *options_.limits : TRY(LoadLimits(location_));
    if (options_.limits && !options_.dry_run) TRY(SaveLimits(location_, limits_));
    Plan plan = TRY(MakeThePlan());
    if (options_.dry_run) {
      ExplainPlan(plan);
      return Finish();
    }
    if (plan.dirty.empty() && plan.gone.empty() && table_ && !overwrites_) {
      if (state_->first_index_under_way()) TRY(state_->SetFirstIndexUnderWay(false));
      if (state_->table_version() != table_->version()) TRY(state_->Save({}, {}, table_->version()));
      TRY(MakeIndexes());
      return Finish();
    }
    TRY(Process(plan));
    TRY(MakeIndexes());
    return Finish();
  }

 private:
  [[nodiscard]] int threads() const {
    return options_.threads > 0 ? options_.threads
                                : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }

  void Tell(Progress::Phase phase) {
    progress_.phase = phase;
    if (options_.progress) options_.progress(progress_);
  }

  /// Opens the table, if there is one, and settles which model this run is of.
  Result<void> OpenTable() {
    auto table = Table::Open(location_.table());
    if (!table && table.error().code != Code::kNotFound) return std::move(table.error());
    if (!table) return {};
    table_.emplace(*std::move(table));
    overwrites_ = options_.rebuild;  // rows that cannot be read, or columns that others added, are no part of it
    auto record = ReadModelRecord(table_->schema());
    if (!record) {
      if (!options_.rebuild) return std::move(record.error());
      return {};
    }
    if (options_.embedder && !(*options_.embedder == record->choice)) {
      if (!options_.rebuild)
        return InvalidArgument("the index was made with " + Describe(record->choice) + ", not with " +
                               Describe(*options_.embedder) + "; `squire index --rebuild` makes it anew with that");
      return {};
    }
    model_ = *std::move(record);
    if (!options_.rebuild) TRY(CheckColumns(table_->schema(), model_));
    return {};
  }

  static std::string Describe(const EmbedderChoice& choice) {
    return choice.url.empty() ? "the local model" : "model '" + choice.model + "' at " + choice.url;
  }

  Result<embed::Embedder*> GetEmbedder() {
    if (!embedder_) {
      const EmbedderChoice choice =
          model_.fingerprint.empty() ? options_.embedder.value_or(EmbedderChoice()) : model_.choice;
      embedder_ = TRY(OpenEmbedder(choice, options_.threads, model_.dimension));
    }
    const embed::ModelInfo& info = embedder_->model();
    if (!model_.fingerprint.empty() && info.fingerprint != model_.fingerprint)
      return InvalidArgument("the index was made with model " + model_.fingerprint + ", this program has " +
                             info.fingerprint + "; `squire index --rebuild` makes it anew with that");
    return embedder_.get();
  }

  /// A new index, or one made anew with another model: asks the embedder what it is, and begins a table.
  Result<void> SettleModel() {
    if (!model_.fingerprint.empty()) return {};
    embedder_.reset();
    const embed::Embedder* embedder = TRY(GetEmbedder());
    const embed::ModelInfo& info = embedder->model();
    model_ = {options_.embedder.value_or(EmbedderChoice()), info.name, info.fingerprint, info.dimension};
    if (!table_) table_.emplace(TRY(Table::Create(location_.table(), ChunkSchema(model_))));
    return {};
  }

  Result<Plan> MakeThePlan() {
    Tell(Progress::Phase::kScanning);
    std::vector<FileState> known = TRY(state_->Load());
    const bool trusted = table_ ? state_->table_version() == table_->version() : known.empty();
    if (!trusted) {
      if (table_ && !overwrites_)
        TRY(Reconcile(*table_, known));
      else
        known.clear();
    }
    // The state of a table that is gone, or is about to be replaced, proves nothing: lost before that, it is made anew.
    if ((overwrites_ || !table_) && !options_.dry_run) TRY(state_->Clear());
    const bool partly = !options_.only_paths.empty() && trusted;
    const auto scan_options = ScanOptionsOf(location_, tree_options_, options_.explain);
    auto scan = partly ? TRY(corpus::ScanPaths(location_.tree, options_.only_paths, scan_options))
                       : TRY(corpus::Scan(location_.tree, scan_options));
    for (const FileState& file : known) source_bytes_ += partly && file.chunks > 0 ? file.entry.size_bytes : 0;
    for (const corpus::FileEntry& file : scan.files) source_bytes_ += partly ? 0 : file.size_bytes;
    if (partly) known = Below(std::move(known), options_.only_paths);
    report_.files = scan.files.size();
    for (corpus::SkippedEntry& skipped : scan.explained)
      report_.reasons.push_back(
          {std::move(skipped.path), "skipped",
           std::string(corpus::SkipReasonName(skipped.reason)) + (skipped.rule.empty() ? "" : ": " + skipped.rule)});
    return MakePlan(scan.files, std::move(known), options_.rebuild);
  }

  void ExplainPlan(const Plan& plan) {
    for (const DirtyFile& file : plan.dirty) {
      (file.known ? report_.files_changed : report_.files_new)++;
      if (options_.explain)
        report_.reasons.push_back({file.entry.path, file.known ? "changed" : "new",
                                   options_.rebuild ? "everything is made anew"
                                   : file.known     ? "its stat differs"
                                                    : "not in the index"});
    }
    for (const FileState& file : plan.gone) {
      report_.files_gone++;
      if (options_.explain) report_.reasons.push_back({file.entry.path, "gone", "not in the tree any more"});
    }
  }

  Result<void> Process(Plan& plan) {
    const bool is_first = !overwrites_ && (!table_ || state_->first_index_under_way() || table_->CountRows() == 0);
    TRY(SettleModel());
    table_->SetLimits(LimitsOf(limits_, source_bytes_));
    LookAtVersions();
    if (is_first && !state_->first_index_under_way()) TRY(state_->SetFirstIndexUnderWay(true));
    Spool spool = TRY(Spool::Open(location_.spool(), model_.fingerprint, model_.dimension));
    vectors_.emplace(&*table_, model_, std::move(spool), [this] { return GetEmbedder(); });
    rows_.emplace(ChunkSchema(model_));
    TreeReader reader = TRY(TreeReader::Open(location_.tree, threads(), tree_options_));
    TRY(BeginWrite());
    for (FileState& file : plan.gone) Remove(std::move(file.entry.path), file.chunks > 0);
    report_.files_gone = plan.gone.size();
    // At a limit rows are refused, and what frees would be refused with them.
    if (!(limits_ == IndexLimits()) && !keys_.empty() && !plan.dirty.empty() && !is_first) TRY(Commit(false));
    progress_.files_total = plan.dirty.size();

    double committed_at = 0;
    for (size_t begin = 0; begin < plan.dirty.size(); begin += kReadFiles) {
      if (options_.stop.stop_requested()) return OnFailure(Cancelled(kStopped), is_first);
      Tell(Progress::Phase::kReading);
      const size_t count = std::min(kReadFiles, plan.dirty.size() - begin);
      for (ReadFile& file : TRY(reader.Read(std::span(plan.dirty).subspan(begin, count), options_.rebuild))) {
        Take(std::move(file));
        if (group_chunks_ < kGroupChunks) continue;
        if (auto written = WriteGroup(); !written) return OnFailure(std::move(written.error()), is_first);
        const double embedded = vectors_->stats().wall_seconds;
        if (!is_first || embedded - committed_at < kCommitSeconds) continue;
        TRY(Commit(false));
        committed_at = embedded;
      }
      progress_.files_done = begin + count;
    }
    if (auto written = WriteGroup(); !written) return OnFailure(std::move(written.error()), is_first);
    TRY(Commit(true));
    if (is_first) TRY(state_->SetFirstIndexUnderWay(false));
    return Settle(reader);
  }

  /// Files whose stamps were too young to be kept are read once more now that they are older: the same bytes under the
  /// same stamp are known from here on, without another run.
  Result<void> Settle(TreeReader& reader) {
    if (young_.empty() || young_.size() > kYoungFilesMax) return {};
    states_.clear();
    for (FileState& file : TRY(reader.Settle(std::move(young_)))) states_.push_back(std::move(file));
    return state_->Save(states_, {}, state_->table_version());
  }

  Result<void> BeginWrite() {
    write_ = overwrites_ ? TRY(table_->BeginOverwrite(ChunkSchema(model_))) : TRY(table_->BeginWrite());
    return {};
  }

  /// A path that leaves the index; its rows, if it has any, go with the next commit.
  void Remove(std::string path, bool has_rows) {
    if (has_rows) keys_.push_back(path);
    gone_.push_back(std::move(path));
  }

  /// Sorts a file that was read: into the group to embed, or straight to the state.
  void Take(ReadFile file) {
    const std::string path = file.from.entry.path;
    const bool had_rows = file.from.old.chunks > 0;
    if (file.text.skip == corpus::SkipReason::kVanished) return Remove(path, had_rows);
    if (!file.error.empty()) {
      // What the index has of it stays; without an entry in the state the next run tries again.
      report_.files_failed++;
      report_.reasons.push_back({path, "failed", file.error});
      FileState state{file.from.entry, file.from.old.hash, file.from.old.chunks, file.text.skip, file.error};
      state.entry.mtime_ns = kUnknownTime;
      states_.push_back(std::move(state));
      return;
    }
    FileState state{file.text.entry, file.text.content_hash, file.chunked.chunks.size(), file.text.skip, {}};
    if (file.text.skip != corpus::SkipReason::kNone) {
      state.entry = file.from.entry;
      state.hash = "-";  // known, and not by its bytes
      if (had_rows) keys_.push_back(path);
    } else if (file.unchanged) {
      state.chunks = file.from.old.chunks;
    } else {
      (file.from.known ? report_.files_changed : report_.files_new)++;
      if (options_.explain) report_.reasons.push_back({path, file.from.known ? "changed" : "new", "its bytes differ"});
      if (had_rows) keys_.push_back(path);
      group_chunks_ += file.chunked.chunks.size();
      progress_.chunks += file.chunked.chunks.size();
    }
    if (file.is_young) {
      young_.push_back(state);
      state.entry.mtime_ns = kUnknownTime;
    }
    if (file.text.skip == corpus::SkipReason::kNone && !file.unchanged) group_.push_back(std::move(file));
    states_.push_back(std::move(state));
  }

  /// Embeds the chunks of the group and hands its rows to the table's writer.
  Result<void> WriteGroup() {
    std::vector<std::string> texts, hashes;
    std::vector<HashKey> keys;
    for (const ReadFile& file : group_) {
      for (const corpus::Chunk& chunk : file.chunked.chunks) {
        texts.push_back(TextToEmbed(chunk));
        hashes.push_back(corpus::ContentHash(texts.back()));
        keys.push_back(ParseHash(hashes.back()));
      }
    }
    const auto made = [this, base = vectors_->counts().embedded](uint64_t done, uint64_t total) {
      progress_.embedded = base + done;
      progress_.to_embed = total - done;
      progress_.reused = vectors_->counts().reused + vectors_->counts().resumed;
      Tell(Progress::Phase::kEmbedding);
    };
    const auto vectors = TRY(vectors_->Get(keys, texts, options_.stop, made));
    size_t row = 0;
    for (const ReadFile& file : group_) {
      const std::string frontmatter = FrontmatterJson(file.chunked.frontmatter);
      for (size_t i = 0; i < file.chunked.chunks.size(); i++, row++) {
        rows_->Add(file.from.entry.path, i, file.chunked.chunks[i], hashes[row], file.text.content_hash, frontmatter,
                   std::span(vectors).subspan(row * model_.dimension, model_.dimension));
      }
    }
    if (row > 0) TRY(write_->Append(TRY(rows_->Finish())));
    report_.chunks_written += row;
    group_.clear();
    group_chunks_ = 0;
    return {};
  }

  /// One version: the rows written so far, and the old rows of their files gone.
  Result<void> Commit(bool last, bool done = true) {
    Tell(Progress::Phase::kCommitting);
    if (!keys_.empty() && !overwrites_) {
      std::vector<std::string_view> keys(keys_.begin(), keys_.end());
      TRY(write_->DeleteKeys(kPathColumn, StringArray(keys)));
    }
    const uint64_t before = table_->version();
    const uint64_t version = TRY(write_->Commit());
    overwrites_ = false;
    if (version != before) report_.commits++;
    TRY(state_->Save(states_, gone_, KnownVersion(version != before ? 1 : 0)));
    if (done) TRY(vectors_->Committed());
    states_.clear();
    gone_.clear();
    keys_.clear();
    return last ? Result<void>() : BeginWrite();
  }

  /// In versions of their own, after the rows.
  Result<void> MakeIndexes() {
    if (!table_ || !WantsIndexes(*table_)) return {};
    Tell(Progress::Phase::kIndexing);
    LookAtVersions();
    const bool is_known = state_->table_version() == table_->version();
    const uint64_t made = MakeWantedIndexes(*table_, threads());
    if (made == 0) return {};
    report_.commits += made;
    const uint64_t version = KnownVersion(made);
    return state_->Save({}, {}, is_known ? version : kUnknownVersion);
  }

  /// The table's version, as the commit and the upkeep around it left it, when all versions since the last look are
  /// this run's own. Of another writer's in between nothing is known: the next run looks at the table's own rows.
  uint64_t KnownVersion(uint64_t commits) {
    const uint64_t expected = looked_version_ + commits, upkeep_before = looked_upkeep_;
    LookAtVersions();
    const uint64_t upkeep = looked_upkeep_ - upkeep_before;
    return are_versions_known_ && looked_version_ == expected + upkeep ? looked_version_ : kUnknownVersion;
  }

  void LookAtVersions() {
    if (table_->version() == looked_version_) return;
    looked_version_ = table_->version();
    const auto stats = table_->Stats();
    are_versions_known_ = are_versions_known_ && stats;
    if (stats) looked_upkeep_ = stats->upkeep_versions;
  }

  /// A first index keeps the files that are done; a later run replaces all or nothing. Either way the spool keeps the
  /// vectors of files that are not.
  Result<void> OnFailure(Error error, bool is_first) {
    if (error.code == Code::kCancelled) error.message = kStopped;
    if (!is_first) return error;
    // Files of the group that failed are not done: they leave the state again, the others are committed.
    for (const ReadFile& file : group_) {
      std::erase_if(states_, [&](const FileState& state) { return state.entry.path == file.from.entry.path; });
      std::erase(keys_, file.from.entry.path);
    }
    group_.clear();
    (void)Commit(true, /*done=*/false);
    return error;
  }

  Result<UpdateReport> Finish() {
    if (vectors_) {
      report_.vectors_embedded = vectors_->counts().embedded;
      report_.vectors_reused = vectors_->counts().reused;
      report_.vectors_resumed = vectors_->counts().resumed;
      report_.tokens = vectors_->stats().tokens;
      report_.padded_tokens = vectors_->stats().padded_tokens;
      report_.embed_seconds = vectors_->stats().wall_seconds;
    }
    if (table_) report_.version = table_->version();
    report_.seconds = MonotonicSeconds() - started_;
    return std::move(report_);
  }

  const Location& location_;
  const UpdateOptions& options_;
  std::unique_ptr<embed::Embedder>& embedder_;
  const double started_;
  std::optional<WriteLock> lock_;
  std::optional<Table> table_;
  std::optional<State> state_;
  TreeOptions tree_options_;
  IndexLimits limits_;
  uint64_t source_bytes_ = 0;  // of the files that belong in the index
  ModelRecord model_;
  bool overwrites_ = false;
  bool are_versions_known_ = true;
  uint64_t looked_version_ = 0, looked_upkeep_ = 0;  // of the table, when the state was last known to be of it
  std::optional<VectorSource> vectors_;
  std::optional<RowBuilder> rows_;
  std::unique_ptr<TableWrite> write_;

  std::vector<ReadFile> group_;
  size_t group_chunks_ = 0;
  std::vector<FileState> young_;   // of files that were read too soon after they were written
  std::vector<FileState> states_;  // of files that are done with the next commit
  std::vector<std::string> gone_;  // paths that leave the state with it
  std::vector<std::string> keys_;  // paths whose old rows go with it
  Progress progress_;
  UpdateReport report_;
};

}  // namespace

Result<UpdateReport> RunUpdate(const Location& location, const UpdateOptions& options,
                               std::unique_ptr<embed::Embedder>& embedder) {
  for (int again = 0;; again++) {
    auto report = Run(location, options, embedder).Go();
    // Another program moved or replaced rows that this run was to replace: plan anew. The spool has the vectors.
    const bool conflicts = !report && report.error().code == Code::kConflict;
    if (!conflicts || again == kPlansMax || options.stop.stop_requested()) return report;
  }
}

}  // namespace squire::sync
