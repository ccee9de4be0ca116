#pragma once

/// What is wrong with the files of one fragment. Damage is in the result; what keeps it from being looked for (no
/// descriptors, a failing disk) is an error.

#include <optional>
#include <string>
#include <vector>

#include "table/snapshot.h"

namespace squire::upkeep {

struct FragmentCheck {
  struct LostFile {
    int file = 0;  ///< index in the fragment's files
    Error error;
  };
  std::vector<LostFile> lost;  ///< missing, or nothing of it can be read
  struct Mismatch {
    int file = 0;
    uint64_t actual = 0, claimed = 0;
  };
  std::vector<Mismatch> sizes, rows;     ///< of files that can be read: bytes, and rows beyond the fragment's
  std::optional<Error> deletions;        ///< its deletion file cannot be read
  std::optional<uint64_t> deleted_rows;  ///< rows in its deletion file, where the manifest says another number
  struct BadColumn {
    size_t column = 0;  ///< of the schema
    Error error;
  };
  std::vector<BadColumn> columns;      ///< pages that do not decode; not those of lost files
  std::vector<std::string> others;     ///< what else does not hold, as sentences
  std::vector<std::string> unchecked;  ///< what this build cannot read, and so does not judge
  uint64_t bytes_read = 0;

  [[nodiscard]] bool is_well() const {
    return lost.empty() && sizes.empty() && rows.empty() && !deletions && !deleted_rows && columns.empty() &&
           others.empty();
  }
  /// Every finding as a sentence.
  [[nodiscard]] std::vector<std::string> Sentences(const table::Snapshot& snapshot,
                                                   const table::Fragment& fragment) const;
};

/// Whether an error tells of damage to what is stored, not of a machine that cannot read it at this time.
bool IsDamage(const Error& error);

/// Files, footers, counts and deletions; with `deep` every page of every column. ERRORS: TooManyFiles, Io.
Result<FragmentCheck> CheckFragment(const table::Snapshot& snapshot, table::Fragment& fragment, bool deep);

/// Reads rows [0, rows) by `read(first, count)`, which returns an array, in batches that stay within some MiB. Returns
/// the bytes read.
template <class Read>
Result<uint64_t> ReadInBatches(int64_t rows, Read read) {
  constexpr int64_t kBytesWanted = 8 << 20, kRowsMax = 8192;
  uint64_t total = 0;
  for (int64_t first = 0, batch = 64; first < rows;) {
    const int64_t count = std::min(batch, rows - first);
    const int64_t bytes = TRY(read(first, count));
    first += count;
    total += static_cast<uint64_t>(bytes);
    batch = std::clamp(std::min(kBytesWanted * count / std::max<int64_t>(1, bytes), batch * 8), int64_t{1}, kRowsMax);
  }
  return total;
}

}  // namespace squire::upkeep
