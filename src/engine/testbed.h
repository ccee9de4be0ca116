#pragma once

/// For the engine's tests of faults, lost power and random use: disks to run on, a small table with a past, the
/// operations that users call on it, and what a table holds as text that can be compared.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/memory.h"
#include "squire/table.h"

namespace squire::testbed {

inline constexpr char kRoot[] = "/data/t.lance";

struct Disk {
  const char* name;
  MemoryOptions options;
};
/// The kinds of file system that a table may lie on.
std::vector<Disk> Disks();

Schema RowSchema();
/// Rows "<prefix>#<i>", whose text and vector follow from `revision`.
Batch Rows(const std::string& prefix, int count, int revision = 0);
Array Keys(const std::vector<std::string>& ids);

/// The rows of a table, sorted, each as text. ERRORS: what reading them met.
Result<std::multiset<std::string>> Contents(const Table& table);

/// What an operation finds.
enum class Start {
  kNothing,
  kTable,    ///< a few versions, three fragments, two of them with deleted rows
  kIndexed,  ///< the same with a key index, a text index that lacks the last fragment, and a tag
  kVectors,  ///< that of kTable with a vector index that lacks the last fragment
  kBusy,     ///< so many small commits that upkeep is due after the next one
};
inline constexpr Start kStarts[] = {Start::kNothing, Start::kTable, Start::kIndexed, Start::kVectors, Start::kBusy};
void Prepare(FileSystem& fs, Start start);

/// What a reader finds at kRoot. Version 0: no table.
struct State {
  uint64_t version = 0;
  std::multiset<std::string> rows;  ///< and tags, as rows of their own
  bool operator==(const State&) const = default;
};
/// ERRORS: what keeps the table from being read or verified.
Result<State> Observe(FileSystem& fs);

/// Something that a user asks of a table. `run` opens what it needs on `fs` and returns an answer that is the same each
/// time it is run on the same table. What it has made durable is there when it returns.
struct Operation {
  const char* name;
  std::function<Result<std::string>(FileSystem& fs)> run;
  Start start = Start::kTable;
  bool does_upkeep = false;  ///< in versions of its own: what of it fails is put off, and told by the table's health
  bool is_delete = false;    ///< tried once more on a full disk
};
const std::vector<Operation>& Operations();

/// Files below `root` that no version names and that do not wait for their grace either, by their path.
std::vector<std::string> Unreferenced(FileSystem& fs, const std::string& root);

/// How much more than usual to try: 1, or what SQUIRE_TEST_EFFORT says.
int Effort();

}  // namespace squire::testbed
