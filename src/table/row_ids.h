#pragma once

/// Stable ids of a fragment's rows, and the versions that made and changed them. Pure functions. Source:
/// docs/lance_format.md, "Row ids".

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "lance/deletion_file.h"
#include "lance/manifest.h"

namespace squire::table {

/// Ids of a sequence.
struct RowIdSpan {
  uint64_t count = 0;
  uint64_t end = 0;  ///< above all of them
};

/// As far as checks need them; takes no room. ERRORS: Corruption.
Result<RowIdSpan> ParseRowIds(Bytes bytes);

/// All of them, in the order of the rows. ERRORS: Corruption, also when there are not `rows`.
Result<std::vector<uint64_t>> ReadRowIds(Bytes bytes, uint64_t rows);
std::string WriteRowIds(std::span<const uint64_t> ids);

/// The version of each row. ERRORS: Corruption, also when there are not `rows`.
Result<std::vector<uint64_t>> ReadRowVersions(Bytes bytes, uint64_t rows);
std::string WriteRowVersions(std::span<const uint64_t> versions);

/// What rows are known by, on its way from the fragments that held them to those that will.
class RowIdentities {
 public:
  /// Takes those of the rows that are not `deleted`. ERRORS: Corruption; Unsupported when they lie in other files.
  Result<void> Take(const pb::DataFragment& fragment, const lance::RowSet& deleted);
  /// Gives the next ones to the fragment's rows. REQUIRES: there are so many.
  void Give(pb::DataFragment& fragment);

 private:
  std::vector<uint64_t> ids_, created_, updated_;
  size_t given_ = 0;
};

}  // namespace squire::table
