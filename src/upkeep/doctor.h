#pragma once

/// Explains a table's folder: where the bytes are, what is wrong, what each remedy would free. Reads names, sizes and
/// manifests and writes nothing.

#include "io/file_system.h"
#include "squire/rescue.h"
#include "upkeep/inventory.h"

namespace squire::upkeep {

/// See squire::Doctor.
Result<DoctorReport> Diagnose(FileSystem& fs, const std::string& root);

/// Each file of the inventory in its place.
ByteReport CountBytes(const Inventory& inventory);

/// What names and sizes tell of the files that the newest version names: missing, or of another size than it says.
std::vector<Finding> CheckFiles(const Inventory& inventory);

/// Findings of one kind beyond a few become one that counts them.
std::vector<Finding> Summarized(std::vector<Finding> findings);

}  // namespace squire::upkeep
