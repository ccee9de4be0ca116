#pragma once

/// Everything below a table's folder and which versions name it, found without the table being readable: each manifest
/// is read by itself, and one that cannot be is a finding. Values; nothing is held open.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "lance/manifest.h"
#include "table/paths.h"

namespace squire::upkeep {

/// A manifest on disk.
struct VersionEntry {
  uint64_t version = 0;
  FileInfo file;
  std::optional<Error> error;  ///< why it cannot be read
  uint64_t missing = 0;        ///< files that it names and that are not there
};

/// By their path below the table's folder.
using FileMap = std::map<std::string, FileInfo>;
using NameSet = std::unordered_set<std::string>;

struct Inventory {
  table::Paths paths;
  FileMap files;
  std::vector<VersionEntry> versions;         ///< newest first
  std::optional<lance::ManifestFile> newest;  ///< the newest that can be read
  uint64_t newest_version = 0;
  NameSet named_by_newest;  ///< an index's folder ends in '/'
  NameSet named_by_others;  ///< by older versions, detached ones and branches
  bool has_branches = false;
};

/// Paths below the table's folder that a version names; those of files in other folders (base paths) are left out.
/// A folder of an index ends in '/'.
NameSet NamesOf(const lance::ManifestFile& version);

/// Walks the folder and reads every manifest in it. Files that vanish meanwhile are left out.
/// ERRORS: NotFound where there is no table; TooManyFiles, Io.
Result<Inventory> TakeInventory(FileSystem& fs, const std::string& root);

/// The size of a file of the inventory, or nothing when it is not there.
std::optional<uint64_t> SizeOf(const Inventory& inventory, const std::string& path);

/// "versions 3 to 9 name files that are not there", of older ones, or nothing.
std::string TellIncomplete(const Inventory& inventory);

}  // namespace squire::upkeep
