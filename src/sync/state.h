#pragma once

/// What the last run saw of each file: a cache of the tree's stats like git's index, in SQLite. It can be deleted at
/// any time; the table's own rows are the truth about what is indexed. Belongs to one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "corpus/scan.h"
#include "sync/sqlite.h"

namespace squire::sync {

struct FileState {
  corpus::FileEntry entry;
  std::string hash;  ///< of the bytes that were indexed
  uint64_t chunks = 0;
  corpus::SkipReason skip = corpus::SkipReason::kNone;  ///< read and found not to be indexed
  std::string error;                                    ///< why it failed, for people
};

/// No table has it: whoever finds it in the state looks at the table itself.
inline constexpr uint64_t kUnknownVersion = 0;

class State {
 public:
  /// Opens or makes the state. One that is damaged is set aside and made anew when `writable`; otherwise, and when
  /// there is none, the state is empty.
  static Result<State> Open(const std::string& path, bool writable);

  /// All files, by path, bytewise.
  Result<std::vector<FileState>> Load();
  /// Replaces and removes files and sets the table's version, in one step.
  Result<void> Save(const std::vector<FileState>& files, const std::vector<std::string>& gone, uint64_t table_version);
  Result<void> Clear();

  /// Version of the table that the files are of; 0 when unknown.
  [[nodiscard]] uint64_t table_version() const { return table_version_; }
  /// True from the beginning of a first index to its end, over interruptions.
  [[nodiscard]] bool first_index_under_way() const { return first_index_; }
  Result<void> SetFirstIndexUnderWay(bool under_way);

 private:
  explicit State(std::optional<Database> db) : db_(std::move(db)) {}
  Result<void> LoadMeta();
  Result<void> SetMeta(std::string_view key, std::string_view value);

  std::optional<Database> db_;
  uint64_t table_version_ = 0;
  bool first_index_ = false;
};

}  // namespace squire::sync
