#pragma once

/// The index of a tree: brought up to date, asked, described. Everything that the command line, the MCP server and the
/// watcher do goes through here.
///
/// An Index belongs to one thread at a time. Several, in several processes, may be open on one tree: runs exclude each
/// other by a lock and wait, questions go on beside them.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "squire/health.h"
#include "sync/location.h"

namespace squire::sync {

/// Which model makes the vectors: the local one, or an endpoint's.
struct EmbedderChoice {
  std::string url;    ///< empty: the local model
  std::string model;  ///< as the endpoint names it; empty for the local model
  bool operator==(const EmbedderChoice&) const = default;
};

struct TreeOptions {
  std::vector<std::string> include, exclude;  ///< docs/ignore.md
  uint64_t file_bytes_max = 0;                ///< 0: the default, 1 MiB
  bool secrets = false;                       ///< key and .env files too
  bool operator==(const TreeOptions&) const = default;
};

/// Bounds of the index's table, as TableLimits; 0: none.
struct IndexLimits {
  uint64_t max_bytes = 0;
  double max_bytes_per_live = 0;
  double max_bytes_per_source = 0;  ///< times the bytes of the files that belong in the index
  uint64_t max_versions = 0;
  uint64_t min_free_disk = 0;
  bool operator==(const IndexLimits&) const = default;
};

struct Progress {
  enum class Phase { kScanning, kReading, kEmbedding, kCommitting, kIndexing };
  Phase phase = Phase::kScanning;
  uint64_t files_done = 0, files_total = 0;  ///< of those that changed
  uint64_t chunks = 0;                       ///< made so far
  uint64_t embedded = 0, reused = 0;         ///< vectors so far
  uint64_t to_embed = 0;                     ///< in the group at hand
};

struct UpdateOptions {
  bool rebuild = false;                    ///< cut every file anew; with another model, embed anew
  bool dry_run = false;                    ///< only tell what would be done
  bool explain = false;                    ///< fill UpdateReport::reasons
  std::optional<EmbedderChoice> embedder;  ///< none: as the index has it
  std::optional<TreeOptions> tree;         ///< none: as the index has it
  std::optional<IndexLimits> limits;       ///< the same
  std::vector<std::string> only_paths;     ///< not empty: look only at and below these (a watcher's)
  int threads = 0;                         ///< 0: all cores
  std::function<void(const Progress&)> progress;
  std::function<void(const std::string&)> waiting;  ///< told once when another run must be waited for
  std::stop_token stop;
};

struct FileReason {
  std::string path;
  std::string what;  ///< "new", "changed", "gone", "skipped", "failed"
  std::string why;   ///< a sentence, or the rule that decided
};

struct UpdateReport {
  uint64_t files = 0;  ///< in the tree that belong in the index
  uint64_t files_new = 0, files_changed = 0, files_gone = 0, files_failed = 0;
  uint64_t chunks_written = 0;
  uint64_t vectors_embedded = 0, vectors_reused = 0, vectors_resumed = 0;  ///< resumed: of an interrupted run
  uint64_t tokens = 0, padded_tokens = 0;
  double seconds = 0, embed_seconds = 0;
  uint64_t commits = 0;
  uint64_t version = 0;             ///< of the table
  std::vector<FileReason> reasons;  ///< failures always; everything with `explain`
};

/// A line of a file in the tree.
struct Place {
  std::string path;  ///< relative to the tree
  int32_t line = 1;
};

struct SearchRequest {
  enum class Mode { kAuto, kVector, kText };
  std::string query;
  std::optional<Place> like;  ///< instead of a query: chunks whose vectors are near that of the chunk at this place
  size_t limit = 10;
  size_t per_file = 0;  ///< not 0: hits by file, at most so many of each, and `limit` counts files
  Mode mode = Mode::kAuto;
  double word_weight = 1, vector_weight = 1;  ///< of the two rankings that kAuto fuses
  std::vector<std::string> paths;             ///< globs; any may match
  std::string lang, kind;                     ///< empty: any
  std::string where;                          ///< only chunks of which this holds: docs/filters.md; empty: any
  int threads = 0;
};

/// What one signal adds to a hit's score.
struct ScorePart {
  std::string signal;  ///< "words", "vector", "name", "test": docs/search.md
  size_t rank = 0;     ///< in that signal's own ranking, from 1; 0: it has none
  double value = 0;    ///< BM25, or the cosine distance
  double adds = 0;
};

struct SearchHit {
  std::string path;
  int32_t start_line = 0, end_line = 0;
  double score = 0;  ///< the sum of what its parts add
  std::string kind, name, lang, text;
  std::vector<ScorePart> parts;
};

/// What the index does not know yet: the tree as it is now against the last run.
struct Freshness {
  uint64_t pending = 0;  ///< files not yet in the index: new ones, and those that an interrupted run left
  uint64_t stale = 0;    ///< files in the index that changed or went since
};

struct SearchAnswer {
  std::vector<SearchHit> hits;
  Freshness freshness;
  std::string note;  ///< not empty: why only words were searched
};

struct Status {
  std::string tree, db, table;
  uint64_t files = 0, chunks = 0, failed = 0;
  Freshness freshness;
  uint64_t version = 0, versions = 0, fragments = 0, bytes_on_disk = 0, live_bytes = 0;
  uint64_t index_bytes = 0;  ///< all of the index folder
  std::string model, fingerprint, endpoint;
  uint32_t dimension = 0;
  bool followed = false;   ///< a watcher or server keeps the index up to date
  int64_t updated_ns = 0;  ///< when the newest version was written
  TableHealth health;
  IndexLimits limits;
  uint64_t source_bytes = 0;  ///< of the files that belong in the index, as the last run saw them
  uint64_t max_bytes = 0;     ///< what the limits come to now; 0: none
};

class Index {
 public:
  /// Opens the index at `location`; it need not exist yet. Nothing is created before Update.
  static Result<Index> Open(const Location& location);
  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  [[nodiscard]] const Location& location() const;
  [[nodiscard]] bool exists() const;

  /// Makes the index equal to the tree, or with `only_paths` that part of it. Waits for another process's run.
  /// ERRORS: InvalidArgument when another model is asked for than the index has (and not `rebuild`); Cancelled when
  /// stopped: what was embedded is kept for the next run; what else can fail on disks and endpoints.
  Result<UpdateReport> Update(const UpdateOptions& options);

  /// The chunks that answer `request` best. ERRORS: NotFound when there is no index; InvalidArgument for the query.
  Result<SearchAnswer> Search(const SearchRequest& request);

  Result<Status> GetStatus();

 private:
  struct Impl;
  explicit Index(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace squire::sync
