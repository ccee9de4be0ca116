#pragma once

/// Reads everything a version names and tells what does not hold.

#include <string>
#include <vector>

#include "table/snapshot.h"

namespace squire::upkeep {

struct VerifyResult {
  uint64_t fragments = 0;
  uint64_t rows = 0;  ///< live
  uint64_t bytes_read = 0;
  std::vector<std::string> problems;  ///< empty when all is well; each names its place
};

/// Decodes every page of every column and checks counts against the manifest. Damage is a problem in the result, not an
/// error of the call.
VerifyResult Verify(const table::Snapshot& snapshot);

}  // namespace squire::upkeep
