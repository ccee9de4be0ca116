#include "sync/upkeep.h"

namespace squire::sync {
namespace {

constexpr uint64_t kLookEvery = 8;  // versions between two looks
constexpr uint64_t kFragmentsMax = 32;
constexpr uint64_t kVersionsKept = 4;
constexpr int64_t kVersionAgeSeconds = 60;  // a reader that opened a version has so long to be done with it
constexpr uint64_t kSlackBytes = 32 << 20;

}  // namespace

bool Maintain(Table& table) {
  const auto stats = table.Stats();
  if (!stats) return false;
  const bool bloated = stats->bytes_on_disk > stats->live_bytes * 3 / 2 + kSlackBytes;
  if (table.version() % kLookEvery != 0 && stats->fragments <= kFragmentsMax && !bloated) return false;
  // Freeing comes first and needs no room; compaction may fail without harm to either.
  (void)table.Prune({.keep_versions = bloated ? 1 : kVersionsKept, .older_than_s = kVersionAgeSeconds});
  if (stats->fragments <= kFragmentsMax && !bloated) return false;
  const auto compacted = table.Compact();
  return compacted && compacted->fragments_after != compacted->fragments_before;
}

}  // namespace squire::sync
