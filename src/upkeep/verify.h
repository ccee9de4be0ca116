#pragma once

/// Checks what a version names and tells what does not hold.

#include <string>
#include <vector>

#include "squire/rescue.h"
#include "table/snapshot.h"

namespace squire::upkeep {

/// Decodes every page of every column and index of one version and checks counts against the manifest. Damage, and what
/// kept it from being looked for, is a problem in the result, not an error of the call.
VerifyReport Verify(const table::Snapshot& snapshot);

/// See squire::Verify.
Result<TableVerifyReport> VerifyTable(FileSystem& fs, const std::string& root, const VerifyOptions& options);

}  // namespace squire::upkeep
