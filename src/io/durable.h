#pragma once

/// New files made durable together with their names, in as few syncs as the file system allows: one, wherever its
/// traits say anything. The arithmetic stands in docs/durability.md.

#include <span>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace squire {

/// A small file to be written.
struct NewFile {
  std::string path;
  std::vector<uint8_t> bytes;
};

/// Creates `files`; when it returns they are durable, and so is every name in `folders`, which hold them and perhaps
/// other files that were synced before. After an error some of the files may be there.
/// REQUIRES: all on one file system, and `folders` not empty.
Result<void> CreateDurable(FileSystem& fs, std::span<const NewFile> files, std::span<const std::string> folders);

/// Creates `folders` and those above them; when it returns their names are durable.
Result<void> CreateFoldersDurable(FileSystem& fs, std::span<const std::string> folders);

/// Replaces `path` by `bytes` in one step, by way of a file ".tmp_<mark>...". ERRORS: CommitUnknown when it may have
/// been replaced, or may not stay so.
Result<void> ReplaceDurable(FileSystem& fs, const std::string& path, Bytes bytes, std::string_view mark = {});
/// Removes `path`. ERRORS: NotFound; CommitUnknown when it may be gone, or may come back.
Result<void> RemoveDurable(FileSystem& fs, const std::string& path);

}  // namespace squire
