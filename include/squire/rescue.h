#pragma once

/// First aid for Lance tables, whoever made them, also for those that Table::Open refuses: where their bytes are, what
/// is damaged, what can go, what can be saved.
///
///     auto report = squire::Doctor("notes.lance");
///
/// Free functions over a table's folder. They take no lock and may be called from any thread, beside whoever owns the
/// table: reading changes nothing, and what is written is a new version like any other writer's.

#include <cstdint>
#include <functional>
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

  [[nodiscard]] bool is_damaged() const;
};

/// Looks at names, sizes and manifests and writes nothing; no data is read. Damage is in the report, not an error.
/// ERRORS: NotFound where there is no Lance table; TooManyFiles, Io.
Result<DoctorReport> Doctor(const std::string& path);

/// Table::Prune, for tables that need not open: needs no free space and writes nothing.
/// ERRORS: Unsupported (a feature of the table, by name); the first failure that left something in place.
Result<PruneStats> Prune(const std::string& path, const PruneRequest& request = {});

/// The tables at `path`: itself, or all *.lance folders below it, by name. ERRORS: NotFound when there is none.
Result<std::vector<std::string>> FindTables(const std::string& path);

}  // namespace squire
