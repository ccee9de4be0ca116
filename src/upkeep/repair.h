#pragma once

/// Makes a version of what can be read of a damaged table. Nothing that a version names is removed or changed.

#include "io/file_system.h"
#include "squire/rescue.h"

namespace squire::upkeep {

/// See squire::Repair.
Result<RepairReport> Repair(FileSystem& fs, const std::string& root, const RepairOptions& options = {});

}  // namespace squire::upkeep
