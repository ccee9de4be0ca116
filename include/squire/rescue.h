#pragma once

/// First aid for Lance tables, whoever made them, also for those that Table::Open refuses: where their bytes are, what
/// is damaged, what can go, what can be saved.
///
///     auto report = squire::Doctor("notes.lance");
///
/// Free functions over a table's folder. They take no lock and may be called from any thread, beside whoever owns the
/// table: reading changes nothing, and what is written is a new version like any other writer's.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "squire/table.h"

namespace squire {

/// Told now and then by work that takes long: `done` of `total` units of a stage, such as "fragments".
struct RescueProgress {
  std::string stage;
  uint64_t done = 0, total = 0;
};
using RescueProgressFunction = std::function<void(const RescueProgress&)>;

/// Where the bytes of a table's folder are. Each byte is counted in one place: the first five add up to `total`.
struct ByteReport {
  uint64_t live = 0;          ///< the newest version's files: data by its share of live rows, deletions, indexes
  uint64_t old_versions = 0;  ///< data and deletion files that only other versions name, and rows deleted in live ones
  uint64_t orphans = 0;       ///< files that no version names: of writers at work, or killed
  uint64_t indexes = 0;       ///< index files that only other versions name
  uint64_t manifests = 0;     ///< manifests, transactions, tags and Squire's own few files
  uint64_t total = 0;

  uint64_t live_data = 0, live_deletions = 0, live_indexes = 0;  ///< what `live` is made of
  uint64_t deleted_rows = 0;  ///< what of `old_versions` is rows deleted within files of the newest version
};

/// Something that a doctor says.
struct Finding {
  std::string kind;     ///< one word, e.g. "torn_manifest": docs/rescue.md lists them
  std::string text;     ///< a sentence
  std::string command;  ///< what to type, or empty
  uint64_t bytes = 0;   ///< of a problem: concerned; of a remedy: freed
  bool is_damage = false;
};

struct DoctorReport {
  std::string path;
  uint64_t version = 0;   ///< the newest that can be read; 0 when none can
  uint64_t versions = 0;  ///< manifests on disk, damaged ones too
  uint64_t fragments = 0, rows = 0;
  ByteReport bytes;
  std::vector<Finding> problems, remedies;

  [[nodiscard]] bool is_damaged() const { return std::ranges::any_of(problems, &Finding::is_damage); }
};

/// Looks at names, sizes and manifests and writes nothing; no data is read. Damage is in the report, not an error.
/// ERRORS: NotFound where there is no Lance table; TooManyFiles, Io.
Result<DoctorReport> Doctor(const std::string& path);

/// What a prune did, or would do.
struct PruneReport {
  uint64_t versions_removed = 0, files_removed = 0, bytes_freed = 0;
  // Versions that are kept although their turn had come, by the first reason that there is.
  uint64_t versions_tagged = 0;       ///< or a branch began there
  uint64_t versions_young = 0;        ///< by age
  uint64_t versions_in_use = 0;       ///< a program of ours reads them
  std::vector<std::string> problems;  ///< damage that was met, a sentence each
  std::optional<Error> failure;       ///< the first that left something in place
};

/// Table::Prune, for tables that need not open: needs no free space. What cannot be done is told beside what was.
/// ERRORS: NotFound where there is no Lance table; else what failed, where nothing was done.
Result<PruneReport> Prune(const std::string& path, const PruneRequest& request = {});

struct VerifyOptions {
  bool deep = false;  ///< decode every page and compare what is told twice, instead of files, sizes, footers and counts
  RescueProgressFunction progress;
};

struct TableVerifyReport {
  std::string path;
  uint64_t version = 0;   ///< that was checked: the newest that can be read; 0 when none can
  uint64_t versions = 0;  ///< manifests on disk, damaged ones too
  uint64_t fragments = 0, rows = 0, indexes = 0, bytes_read = 0;
  bool deep = false;
  std::vector<std::string> problems;   ///< empty when all is well; each names its place
  std::vector<std::string> unchecked;  ///< what this build cannot read, and so does not judge
  std::vector<std::string> notes;      ///< of older versions: they lack files that the newest does not need
};

/// Checks every manifest, and the files of the newest version. Damage is in the report, not an error.
/// ERRORS: NotFound where there is no Lance table; Unsupported (a feature of the table, by name); TooManyFiles, Io.
Result<TableVerifyReport> Verify(const std::string& path, const VerifyOptions& options = {});

struct RepairOptions {
  bool dry_run = false;  ///< only tell what would be done
  RescueProgressFunction progress;
};

/// What a repair did, or would do.
struct RepairReport {
  struct LostFragment {
    uint64_t id = 0, rows = 0;
    std::string why;
  };
  struct RewrittenColumn {
    uint64_t fragment = 0;
    std::string column;
    uint64_t lost_values = 0;  ///< null now, or an empty list where null may not be
    std::string why;
  };
  struct RepairedIndex {
    std::string name;
    bool is_rebuilt = false;  ///< else dropped
    std::string why;
  };

  std::string path;
  bool dry_run = false;
  uint64_t version = 0;                 ///< the newest one after it
  std::vector<uint64_t> set_aside;      ///< versions whose manifest could not be read
  std::vector<LostFragment> fragments;  ///< dropped
  std::vector<RewrittenColumn> columns;
  std::vector<RepairedIndex> indexes;
  std::vector<std::string> corrected;  ///< what the manifest said wrongly, as sentences
  std::vector<std::string> left;       ///< damage that is still there, as sentences
  uint64_t lost_rows = 0;              ///< in dropped fragments, and in versions set aside as far as they tell
  uint64_t lost_values = 0;
  uint64_t restored_rows = 0;  ///< deleted ones that are back, for the file that said so is lost

  [[nodiscard]] bool changes_anything() const {
    return !set_aside.empty() || !fragments.empty() || !columns.empty() || !indexes.empty() || !corrected.empty();
  }
};

/// Makes a version of what can be read. Manifests that are torn go to _squire/aside; fragments whose files are lost are
/// dropped; list columns with pages that do not decode are written anew, without what cannot be read; damaged indexes
/// of keys, vectors and words are rebuilt as they were made where that can be told, others dropped. Older versions
/// stay, with all files that they name. ERRORS: NotFound where there is no Lance table; Corruption when no version can
/// be read; Conflict when writers were first again and again; NoSpace, TooManyFiles, Io: what was done by then stands,
/// and is whole.
Result<RepairReport> Repair(const std::string& path, const RepairOptions& options = {});

/// The tables at `path`: itself, or all *.lance folders below it, by name. ERRORS: NotFound when there is none.
Result<std::vector<std::string>> FindTables(const std::string& path);

}  // namespace squire
