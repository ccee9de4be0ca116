#pragma once

/// A Lance table on the local disk: rows in, rows out, versions kept, all through this one class.
///
///     auto table = squire::Table::Open("notes.lance");
///     auto rows = table->CountRows();
///
/// A Table is a handle on one version; Refresh moves it to the newest, every write moves it to what it wrote. The
/// handle belongs to one thread at a time; any number of handles, in any number of processes, may be open on one table.
/// Other Lance programs read and write the same folder.

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "squire/array.h"
#include "squire/health.h"
#include "squire/limits.h"

namespace squire {

/// What a commit has done when it returns.
enum class Durability {
  kSynced,    ///< it survives a crash of the machine
  kUnsynced,  ///< it survives a crash of the program; the machine's may take it, and tear it
};

struct TableOptions {
  Durability durability = Durability::kSynced;
  std::string branch;               ///< open this branch instead of the main one
  size_t open_files_max = 32;       ///< data files kept open, the least recently used closed first; fewer where the
                                    ///< process may have few descriptors
  TableLimits limits;               ///< for writes through this handle
  std::optional<uint64_t> version;  ///< open this version instead of the newest
  /// Of a table that is created: Squire keeps it small unasked, from then on and whoever writes (docs/upkeep.md). Else
  /// all versions stay until somebody prunes.
  bool has_upkeep = true;
};

struct TableStats {
  int64_t rows = 0;
  uint64_t version = 0;
  uint64_t versions = 0;  ///< on disk
  uint64_t fragments = 0;
  uint64_t files = 0;
  uint64_t bytes_on_disk = 0;
  uint64_t live_bytes = 0;  ///< what this version's rows take: data by its share of live rows, deletions, indexes
  uint64_t indexes = 0;
  std::vector<int64_t> fragment_rows;  ///< live rows of each fragment
  double upkeep_seconds = 0;           ///< that this handle spent on upkeep which nobody asked for
  uint64_t upkeep_versions = 0;        ///< that this handle made in upkeep, asked for or not: they change no row
};

struct VersionInfo {
  uint64_t version = 0;
  int64_t timestamp_ns = 0;  ///< since 1970-01-01 UTC
  int64_t rows = 0;
  uint64_t fragments = 0;
  std::string writer;  ///< "squire 0.1.0"
};

/// Keeps some of a batch's rows: sets keep[row] to 0 for the others. `columns` names what the batch must hold.
struct RowFilter {
  std::vector<std::string> columns;
  std::function<Result<void>(const Batch& rows, std::span<uint8_t> keep)> apply;
};

struct ScanOptions {
  std::vector<std::string> columns;  ///< empty: all
  int64_t batch_rows = 8192;         ///< at most so many a batch
  std::string where;                 ///< only rows of which this holds: docs/filters.md; empty: all
  std::optional<RowFilter> filter;
  bool with_row_address = false;  ///< adds column "_rowaddr" (uint64)
};

/// Yields the rows of one version, batch by batch, in the table's order.
class Scanner {
 public:
  virtual ~Scanner() = default;
  /// The next batch, never empty; nothing at the end.
  virtual Result<std::optional<Batch>> Next() = 0;
};

enum class Metric { kL2, kCosine, kDot };

struct VectorSearchOptions {
  std::string column = "vector";
  size_t limit = 10;
  Metric metric = Metric::kCosine;
  int threads = 1;
  std::string where;  ///< only rows of which this holds: docs/filters.md; empty: all
  std::optional<RowFilter> filter;
  bool use_index = true;    ///< false: every row is measured
  size_t nprobes = 0;       ///< partitions of an index that are searched; 0: enough for a recall of about 0.95
  float refine_factor = 0;  ///< so many times `limit` rows are measured exactly; 0: 1.5, more for few bits
  float distance_above = -std::numeric_limits<float>::infinity();  ///< only rows at least so far ...
  float distance_below = std::numeric_limits<float>::infinity();   ///< ... and nearer than this
};

struct VectorIndexOptions {
  Metric metric = Metric::kCosine;
  size_t partitions = 0;  ///< 0: by the number of rows
  unsigned bits = 5;      ///< kept of a dimension: 1 to 9
  int threads = 1;
};

/// One thing that a search for words asks of a row, beside what its query says. docs/text_search.md, "Conditions".
struct TextCondition {
  enum class Kind {
    kWords,   ///< the words of `text`
    kPhrase,  ///< its words one right after the other
    kPrefix,  ///< every word that begins with it
  };
  enum class Role {
    kShould,   ///< a row that holds it scores by it
    kMust,     ///< only rows that hold it; they score by it
    kMustNot,  ///< only rows that do not
  };
  std::string text;
  Kind kind = Kind::kWords;
  Role role = Role::kShould;
  std::string column;      ///< only this column of those searched is asked; empty: any of them
  double boost = 1;        ///< its scores times this
  bool all_words = false;  ///< of kWords: every one, not any
  int edits = 0;           ///< of kWords: words that differ by so many letters, at most 2; -1: by the word's length
  size_t prefix_size = 0;  ///< of kWords with edits: so many letters are as they are written
  size_t words_max = 50;   ///< of kPrefix and edits: words that are looked for instead, the likest and commonest first
};

/// How texts become the words of an index, as Lance has it. With "code1", the rules for code and prose of
/// docs/text_search.md, what is below it does not count.
struct TextIndexOptions {
  std::string base_tokenizer = "simple";  ///< "simple", "whitespace", "raw", "ngram", "code1"
  bool with_position = false;             ///< keeps where words stand: phrases are found without reading texts
  std::string language = "English";       ///< of stems and stop words
  std::optional<uint32_t> max_token_length = 40;
  bool lower_case = true;
  bool stem = true;
  bool remove_stop_words = true;
  std::optional<std::vector<std::string>> custom_stop_words;
  bool ascii_folding = true;
  uint32_t min_ngram_length = 3, max_ngram_length = 3;
  bool prefix_only = false;
  std::vector<uint32_t> boosts;  ///< of each column: its words count so many times; empty: once
};

struct TextSearchOptions {
  std::string text_column = "text";
  std::string name_column;  ///< a symbol or heading, weighted above the text; empty: none
  std::string path_column;  ///< a path, weighted between both; empty: none
  size_t limit = 10;
  int threads = 1;
  std::string where;  ///< only rows of which this holds: docs/filters.md; empty: all
  std::optional<RowFilter> filter;
  bool use_index = true;                  ///< false: every row is read
  bool all_words = false;                 ///< rows that hold every plain word of the query, not any
  std::vector<TextCondition> conditions;  ///< beside the query, which may be empty then
  double k1 = 1.2, b = 0.75;              ///< of BM25: how soon a word said often is enough; how much length counts
};

/// A row found. `score` grows with relevance: BM25 for text, negated distance for vectors.
struct Hit {
  uint64_t row_address = 0;
  float score = 0;
};

/// One ranking of several, by reciprocal rank: the `limit` best rows, scored by sum of 1 / (60 + rank). Ties go by row.
std::vector<Hit> FuseHits(std::span<const std::vector<Hit>> rankings, size_t limit);

struct CompactStats {
  uint64_t fragments_before = 0, fragments_after = 0;
  uint64_t rows_dropped = 0;  ///< deleted rows whose bytes are gone
  uint64_t bytes_written = 0;
  std::string put_off;  ///< why some of it is left for later (no space, no descriptors, a conflict ...), or empty
};

struct PruneStats {
  uint64_t versions_removed = 0, files_removed = 0, bytes_freed = 0;
  std::string put_off;  ///< why something that could go is still there, or empty
};

/// What Optimize did.
struct UpkeepStats {
  CompactStats compacted;
  PruneStats pruned;
  std::string put_off;  ///< of folding rows into indexes
};

struct PruneRequest {
  uint64_t keep_versions = 1;              ///< the newest so many stay, at least 1; tagged ones too
  int64_t older_than_s = 0;                ///< younger versions stay
  int64_t leftover_age_s = 7 * 24 * 3600;  ///< files that no version names go at this age: a writer may be at work
  bool dry_run = false;
};

struct VerifyReport {
  uint64_t fragments = 0, rows = 0, bytes_read = 0;
  std::vector<std::string> problems;
};

/// What a merge does with the three kinds of rows that a join of the table (target) with new rows (source) by key
/// gives. A null in a key matches nothing. Keys are equal when their bytes are.
struct MergeInsertOptions {
  bool update_matched = false;      ///< a target row with a source row of its key takes over that row's columns
  std::string update_where;         ///< only where this holds; columns are named target.x and source.x
  bool insert_not_matched = false;  ///< a source row without a target row is added
  bool delete_not_matched_by_source = false;  ///< a target row without a source row is deleted
  std::string delete_where;                   ///< only where this holds of the target row
};

struct MergeInsertResult {
  uint64_t version = 0;
  uint64_t inserted = 0, updated = 0, deleted = 0;  ///< rows
};

struct DeleteResult {
  uint64_t version = 0;
  uint64_t rows = 0;  ///< deleted
};

/// column = expression, over the values that the row had before.
struct Assignment {
  std::string column;
  std::string expression;  ///< in the filter language: docs/filters.md
};

/// A column to be added: what it is called and holds, and an expression over the other columns (docs/filters.md) that
/// gives its values, cast to its type (of type kNull: in the expression's own); null everywhere where that is empty.
struct NewColumn {
  Field field;
  std::string expression;
};

struct IndexInfo {
  std::string name;
  std::vector<std::string> columns;
  std::string kind;  ///< "BTree", "Inverted", "Vector", ...
  std::string uuid;
};

/// A name that holds a version.
struct TagInfo {
  std::string name;
  uint64_t version = 0;
};

struct UpdateResult {
  uint64_t version = 0;
  uint64_t rows = 0;  ///< updated
};

/// A commit in the making: rows to add and rows to delete become one new version, or none. Rows to delete are looked
/// for in the version there was when the write began and, where there is something to commit, in what other writers
/// made of it since, the rows that they added too: the order of the versions is the order of the writes, and two
/// writers who replace the same key do not both add it.
class TableWrite {
 public:
  virtual ~TableWrite() = default;
  /// Adds rows; they go to disk as they come, so memory does not grow with them.
  virtual Result<void> Append(const Batch& rows) = 0;
  /// Deletes the rows whose `column` is one of `keys`; never those that this write adds.
  virtual Result<void> DeleteKeys(const std::string& column, const Array& keys) = 0;
  /// Deletes the rows of which `where` holds at Commit, others' new ones too; never those that this write adds.
  /// ERRORS: InvalidArgument for the condition, with the place in it.
  virtual Result<void> DeleteWhere(const std::string& where) = 0;
  /// Publishes and returns the new version; with nothing added or deleted, the version there was. Durable when it
  /// returns. ERRORS: Conflict, NoSpace, Io (nothing changed); CommitUnknown.
  virtual Result<uint64_t> Commit() = 0;
};

class Table {
 public:
  /// Creates an empty table. ERRORS: AlreadyExists; Unsupported column types by name.
  static Result<Table> Create(const std::string& path, const Schema& schema, const TableOptions& options = {});
  /// ERRORS: NotFound, Corruption, Unsupported (a feature of the table that this build does not know, by name).
  static Result<Table> Open(const std::string& path, const TableOptions& options = {});

  Table(Table&&) noexcept;
  Table& operator=(Table&&) noexcept;
  ~Table();

  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] uint64_t version() const;
  [[nodiscard]] const Schema& schema() const;
  /// Moves to the newest version; true when that is another.
  Result<bool> Refresh();
  /// Whether this version stays as long as the handle is on it, whoever prunes by Squire. Not where the folder cannot
  /// be written or has no locks, nor on a table of another program.
  [[nodiscard]] bool is_pinned() const;

  [[nodiscard]] int64_t CountRows() const;
  [[nodiscard]] Result<int64_t> CountRows(const RowFilter& filter) const;
  /// The rows of which `where` holds (docs/filters.md); all for an empty one.
  /// ERRORS: InvalidArgument for the condition, with the place in it.
  [[nodiscard]] Result<int64_t> CountRows(const std::string& where) const;
  [[nodiscard]] Result<TableStats> Stats() const;
  /// Whether all is well, and how big the table is now. THREADS: any, beside other reads.
  [[nodiscard]] TableHealth Health() const;
  /// Holds writes that begin from now on to other limits.
  void SetLimits(const TableLimits& limits);
  /// Versions on disk, oldest first.
  [[nodiscard]] Result<std::vector<VersionInfo>> Versions() const;

  [[nodiscard]] Result<std::unique_ptr<Scanner>> Scan(const ScanOptions& options = {}) const;
  /// The rows at `row_addresses`, in that order; `columns` empty means all.
  [[nodiscard]] Result<Batch> Take(std::span<const uint64_t> row_addresses,
                                   const std::vector<std::string>& columns = {}) const;
  /// The addresses of the rows at `offsets`, counted from 0 over the table's order, deleted rows left out.
  /// ERRORS: InvalidArgument for an offset that no row has.
  [[nodiscard]] Result<std::vector<uint64_t>> RowAddresses(std::span<const int64_t> offsets) const;

  /// The rows nearest to `query` by exact distance, best first. Null vectors are not found.
  [[nodiscard]] Result<std::vector<Hit>> VectorSearch(std::span<const float> query,
                                                      const VectorSearchOptions& options) const;
  /// The same for each of several queries, which follow each other in `queries`: rows are read once for all of them,
  /// and `options.threads` share the work. Memory grows with the queries, not with the rows.
  [[nodiscard]] Result<std::vector<std::vector<Hit>>> VectorSearchMany(std::span<const float> queries,
                                                                       const VectorSearchOptions& options) const;
  /// The rows that match `query` best by BM25, best first. Query syntax: docs/text_search.md.
  [[nodiscard]] Result<std::vector<Hit>> TextSearch(const std::string& query, const TextSearchOptions& options) const;

  /// Begins a commit. REQUIRES: the table outlives it.
  Result<std::unique_ptr<TableWrite>> BeginWrite();
  /// Begins a commit that replaces all rows and the schema by what is appended; older versions keep theirs.
  Result<std::unique_ptr<TableWrite>> BeginOverwrite(const Schema& schema);
  Result<uint64_t> Append(const Batch& rows);
  Result<uint64_t> DeleteKeys(const std::string& column, const Array& keys);
  /// Deletes the rows of which `where` holds (docs/filters.md), in one version, or in none where there are none. Where
  /// another writer deleted some of them meanwhile, looks again. ERRORS: InvalidArgument for the condition, also an
  /// empty one; those of a commit.
  Result<DeleteResult> Delete(const std::string& where);
  /// Sets columns of the rows of which `where` holds (empty: of all), in one version: the rows are written anew, behind
  /// the others. An expression's value is cast to the type of its column. ERRORS: InvalidArgument for the condition, an
  /// expression, a value that does not fit its column and a null where none may be; those of a commit.
  Result<UpdateResult> Update(const std::string& where, std::span<const Assignment> set);
  /// The same with the values of one row, of some of the table's columns.
  Result<UpdateResult> Update(const std::string& where, const Batch& values);
  /// Replaces every row whose `column` occurs in `rows` by the rows given, in one version.
  Result<uint64_t> UpsertByKey(const std::string& column, const Batch& rows);
  /// Joins the table with `rows` on the columns `on` and updates, inserts and deletes in one version, or in none where
  /// nothing is to do. `rows` may lack columns: an updated row keeps its own, an inserted one has null.
  /// ERRORS: InvalidArgument when two source rows would update one target row, and for options that do nothing.
  Result<MergeInsertResult> MergeInsert(std::span<const std::string> on, const MergeInsertOptions& options,
                                        const Batch& rows);

  /// Adds columns behind the others. ERRORS: AlreadyExists; InvalidArgument for an expression and for nulls where none
  /// may be; Conflict when other writers added or replaced rows meanwhile.
  Result<uint64_t> AddColumns(std::span<const NewColumn> columns);
  /// Drops columns and the indexes on them; older versions keep theirs. ERRORS: NotFound; InvalidArgument for all of
  /// them.
  Result<uint64_t> DropColumns(std::span<const std::string> columns);
  /// ERRORS: NotFound; AlreadyExists.
  Result<uint64_t> RenameColumn(const std::string& column, const std::string& name);

  /// Makes a BTREE index of a column, "<column>_idx" unless named, in place of one of that name: keys are found without
  /// reading the column, and commits keep it up. Other Lance programs use it, and theirs are used here.
  /// ERRORS: NotFound; Unsupported for a type without an order.
  Result<uint64_t> CreateKeyIndex(const std::string& column, const std::string& name = {});
  /// Makes a vector index of a column of float vectors of a multiple of 8 dimensions, "<column>_idx" unless named, in
  /// place of one of that name: searches by its metric look at the partitions nearest to the query and measure exactly
  /// what they find there. Rows added later are found at once; commits keep the index up. Other Lance programs use it
  /// (IVF_RQ), and theirs are used here. ERRORS: NotFound; Unsupported types; InvalidArgument for options.
  Result<uint64_t> CreateVectorIndex(const std::string& column, const VectorIndexOptions& options = {},
                                     const std::string& name = {});
  /// Makes all vector indexes of the kind that is made here anew, by their metric and bits: for rows that changed from
  /// the ground up. How many there were. ERRORS: those of CreateVectorIndex.
  Result<uint64_t> RetrainVectorIndexes(int threads = 1);
  /// Makes a full-text index of columns of text, "<first column>_idx" unless named, in place of one of that name: rows
  /// added later are found at once, and commits keep it up. Over one column by one of Lance's own tokenizers it is an
  /// index that other Lance programs use (Inverted); over several columns, with boosts or with "code1" they leave it
  /// alone. ERRORS: NotFound; Unsupported types, tokenizers and languages; InvalidArgument for options.
  Result<uint64_t> CreateTextIndex(std::span<const std::string> columns, const TextIndexOptions& options = {},
                                   const std::string& name = {});
  /// Drops an index of any kind. ERRORS: NotFound.
  Result<uint64_t> DropIndex(const std::string& name);
  [[nodiscard]] std::vector<IndexInfo> Indexes() const;

  /// Makes the content of `version` the newest version. ERRORS: NotFound.
  Result<uint64_t> Restore(uint64_t version);
  /// By name.
  [[nodiscard]] Result<std::vector<TagInfo>> Tags() const;
  /// ERRORS: AlreadyExists; NotFound for the version; InvalidArgument for a name that is none.
  Result<void> CreateTag(const std::string& name, uint64_t version);
  /// ERRORS: NotFound for the tag or the version.
  Result<void> UpdateTag(const std::string& name, uint64_t version);
  Result<void> DeleteTag(const std::string& name);

  /// Merges small fragments and drops the bytes of deleted rows; old versions stay, but where bytes press and the table
  /// is Squire's own. What cannot be done now is put off. ERRORS: Corruption, Unsupported.
  Result<CompactStats> Compact();
  Result<PruneStats> Prune(const PruneRequest& request = {});
  /// What is due: prunes, merges, takes new rows into indexes, prunes again; each runs though another was put off. A
  /// dry run tells what the first of these would free.
  Result<UpkeepStats> Optimize(const PruneRequest& request = {});
  [[nodiscard]] VerifyReport Verify() const;

  struct Impl;  ///< the engine's

 private:
  friend struct TableAccess;  // of the engine: opens tables on another file system
  explicit Table(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace squire
