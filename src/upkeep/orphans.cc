#include "upkeep/orphans.h"

#include <algorithm>

namespace squire::upkeep {
namespace {

Result<std::vector<FileInfo>> ListIfThere(FileSystem& fs, const std::string& folder) {
  auto listed = fs.List(folder);
  if (!listed && listed.error().code == Code::kNotFound) return std::vector<FileInfo>();
  return listed;
}

/// Squire's temporary names, and those under which other programs write before they link.
bool IsTemporary(std::string_view name) {
  return name.starts_with(".tmp_") || name.find(".manifest#") != std::string_view::npos;
}

Result<StoredFile> DescribeIndex(FileSystem& fs, const table::Paths& paths, const FileInfo& top) {
  StoredFile out{"_indices/" + top.name + "/", 0, top.mtime_ns, table::WriterOf("_indices", top.name)};
  std::vector<std::string> folders = {JoinPath(paths.Indices(), top.name)};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    for (const FileInfo& file : TRY(ListIfThere(fs, folder))) {
      out.size_bytes += file.is_folder ? 0 : file.size_bytes;
      out.mtime_ns = std::max(out.mtime_ns, file.mtime_ns);
      if (file.is_folder) folders.push_back(JoinPath(folder, file.name));
    }
  }
  return out;
}

}  // namespace

std::vector<StoredFile> ListStored(FileSystem& fs, const table::Paths& paths, std::optional<Error>& failure) {
  std::vector<StoredFile> out;
  const auto list = [&](const std::string& folder) {
    auto listed = ListIfThere(fs, folder);
    if (!listed && !failure) failure = listed.error();
    return listed ? *std::move(listed) : std::vector<FileInfo>();
  };
  for (const std::string_view folder : {"data", "_deletions", "_transactions", "_versions", "_refs/tags"}) {
    const bool holds_others = folder == "_versions" || folder == "_refs/tags";
    for (const FileInfo& file : list(JoinPath(paths.root, folder))) {
      if (file.is_folder || (holds_others && !IsTemporary(file.name))) continue;
      out.push_back({JoinPath(folder, file.name), file.size_bytes, file.mtime_ns, table::WriterOf(folder, file.name)});
    }
  }
  for (const FileInfo& folder : list(paths.Indices())) {
    if (!folder.is_folder) continue;
    auto index = DescribeIndex(fs, paths, folder);
    if (index) out.push_back(*std::move(index));
    if (!index && !failure) failure = index.error();
  }
  return out;
}

}  // namespace squire::upkeep
