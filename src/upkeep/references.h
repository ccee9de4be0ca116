#pragma once

/// What versions name, and what else holds a table's versions and files: tags, branches, detached versions. Read once,
/// before anything is removed. Values. Source: docs/upkeep.md, "What is kept".

#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "lance/manifest.h"
#include "table/paths.h"

namespace squire::upkeep {

/// Paths below a table's folder. A folder of an index ends in '/'.
using Names = std::unordered_set<std::string>;

/// All that a version names, files that lie below other tables' folders (base paths) too: names are random, and one
/// too many kept does no harm.
Names NamedBy(const lance::ManifestFile& version);

Result<lance::ManifestFile> ReadManifest(FileSystem& fs, const std::string& path);

/// ERRORS: Unsupported for a version whose files this build cannot tell, by the feature's name.
Result<void> CheckKnown(const lance::ManifestFile& version);

/// "data/x.lance", "_indices/<uuid>/": a file of a table that may be removed by its name, whoever wrote that.
bool IsPlainName(std::string_view name);

struct References {
  std::set<uint64_t> versions;  ///< that tags hold, and those at which branches began
  Names names;                  ///< of branches and detached versions; for a branch, those of the others and the trunk
};

/// `branch` is what the manifests of the table at `paths` say of themselves: empty for the trunk.
/// ERRORS: Corruption for a tag, branch or branch's newest version that does not say what it holds; Unsupported;
/// TooManyFiles, Io.
Result<References> FindReferences(FileSystem& fs, const table::Paths& paths, const std::string& branch);

}  // namespace squire::upkeep
