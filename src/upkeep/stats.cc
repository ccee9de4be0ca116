#include "upkeep/stats.h"

namespace squire::upkeep {
namespace {

/// Walks the folder without recursion. `at_folder` is told of each file by its path below `root`.
Result<void> AddFolder(FileSystem& fs, const std::string& root, TableBytes& bytes) {
  std::vector<std::string> folders = {root};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    auto listed = fs.List(folder);
    if (!listed) {
      if (listed.error().code == Code::kNotFound && folder != root) continue;
      return std::move(listed.error());
    }
    for (const FileInfo& file : *listed) {
      if (file.is_folder) {
        folders.push_back(JoinPath(folder, file.name));
        continue;
      }
      bytes.on_disk += file.size_bytes;
      bytes.files++;
      if (lance::ParseManifestName(file.name)) bytes.versions++;
    }
  }
  return {};
}

/// The size of a file that may be gone: then 0.
Result<uint64_t> SizeOf(FileSystem& fs, const std::string& path) {
  const auto info = fs.Stat(path);
  if (info) return info->size_bytes;
  if (info.error().code == Code::kNotFound) return uint64_t{0};
  return info.error();
}

uint64_t LiveShare(uint64_t size_bytes, const pb::DataFragment& fragment) {
  const uint64_t rows = fragment.physical_rows();
  if (rows == 0) return size_bytes;
  return static_cast<uint64_t>(static_cast<double>(size_bytes) *
                               static_cast<double>(rows - fragment.deletion_file().num_deleted_rows()) /
                               static_cast<double>(rows));
}

}  // namespace

Result<TableBytes> MeasureTable(const table::Snapshot& snapshot) {
  TableBytes bytes;
  FileSystem& fs = snapshot.files()->fs();
  TRY(AddFolder(fs, snapshot.paths().root, bytes));
  for (const pb::DataFragment& fragment : snapshot.manifest().fragments()) {
    for (const pb::DataFile& file : fragment.files()) {
      uint64_t size = file.file_size_bytes();
      if (size == 0) size = TRY(SizeOf(fs, snapshot.paths().DataFile(file.path())));
      bytes.live += LiveShare(size, fragment);
    }
    if (!fragment.has_deletion_file()) continue;
    bytes.live += TRY(SizeOf(fs, snapshot.paths().DeletionFile(fragment.id(), fragment.deletion_file())));
  }
  for (const pb::IndexMetadata& index : snapshot.indices().indices()) {
    for (const pb::IndexFile& file : index.files()) bytes.live += file.size_bytes();
  }
  return bytes;
}

}  // namespace squire::upkeep
