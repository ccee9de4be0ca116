#pragma once

/// Tags of a table: names that hold a version, one small JSON file each. Versions that tags hold are not pruned.
/// Source: docs/lance_format.md, "Folder".

#include <cstdint>
#include <string>
#include <vector>

#include "table/snapshot.h"

namespace squire::table {

struct Tag {
  std::string name;
  uint64_t version = 0;
  std::string branch;  ///< empty: of the main one
};

/// By name. ERRORS: Corruption for a tag that does not say which version it holds.
Result<std::vector<Tag>> ListTags(FileSystem& fs, const Paths& paths);

/// `mark` goes into the name of a temporary file (FileNames::Mark). ERRORS: AlreadyExists; NotFound for the version;
/// InvalidArgument for a name that no client takes.
Result<void> CreateTag(FileSystem& fs, const Paths& paths, const std::string& name, uint64_t version,
                       std::string_view mark = {});

/// Moves a tag. ERRORS: NotFound for the tag or the version.
Result<void> UpdateTag(FileSystem& fs, const Paths& paths, const std::string& name, uint64_t version,
                       std::string_view mark = {});

/// ERRORS: NotFound.
Result<void> DeleteTag(FileSystem& fs, const Paths& paths, const std::string& name);

}  // namespace squire::table
