#pragma once

/// Files in a table's folders, as they are before it is known which of them versions name: they are listed first, then
/// writers are looked at, then versions, so that a file is only taken for nobody's when its writer was done with it
/// before the versions were read. Values.

#include <optional>
#include <string>
#include <vector>

#include "table/file_names.h"
#include "table/paths.h"

namespace squire::upkeep {

/// A file, or an index's folder.
struct StoredFile {
  std::string name;  ///< below the table's folder; that of a folder ends in '/'
  uint64_t size_bytes = 0;
  int64_t mtime_ns = 0;  ///< of a folder: the newest within
  std::optional<uint32_t> writer_id;
};

/// What could be an orphan: data, deletion, transaction files, index folders, temporary files. Manifests, tags and what
/// nobody knows are left out, and so is what cannot be listed: the first `failure` tells why.
std::vector<StoredFile> ListStored(FileSystem& fs, const table::Paths& paths, std::optional<Error>& failure);

}  // namespace squire::upkeep
