#include "sync/wanted_indexes.h"

#include <algorithm>

#include "base/log.h"
#include "sync/rows.h"

namespace squire::sync {
namespace {

// Below, all vectors are measured within 3 ms and all texts read within 15 ms.
constexpr int64_t kRowsForVectorIndex = 32'768;
constexpr int64_t kRowsForTextIndex = 16'384;

bool HasIndexOn(const Table& table, const char* column) {
  return std::ranges::any_of(table.Indexes(), [&](const IndexInfo& index) {
    return std::ranges::find(index.columns, column) != index.columns.end();
  });
}

bool WantsVectors(const Table& table) {
  return table.CountRows() >= kRowsForVectorIndex && !HasIndexOn(table, kVectorColumn);
}
bool WantsWords(const Table& table) {
  return table.CountRows() >= kRowsForTextIndex && !HasIndexOn(table, kTextColumn);
}

bool IsMade(const Table& table, const char* what, const Result<uint64_t>& made) {
  if (made) return true;
  Log(LogLevel::kWarn, table.path() + ": no index of " + what + " could be made, searches look at all rows: " +
                           made.error().ToString());
  return false;
}

}  // namespace

bool WantsIndexes(const Table& table) { return WantsVectors(table) || WantsWords(table); }

uint64_t MakeWantedIndexes(Table& table, int threads) {
  uint64_t made = 0;
  if (WantsVectors(table)) {
    made += IsMade(table, "vectors",
                   table.CreateVectorIndex(kVectorColumn, {.metric = Metric::kCosine, .threads = threads}));
  }
  if (WantsWords(table)) {
    const std::string columns[] = {kTextColumn, kNameColumn, kPathColumn};
    made += IsMade(table, "words",
                   table.CreateTextIndex(columns, {.base_tokenizer = "code1", .boosts = kWordBoosts}));
  }
  return made;
}

}  // namespace squire::sync
