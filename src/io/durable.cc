#include "io/durable.h"

#include <set>

namespace squire {

Result<void> CreateDurable(FileSystem& fs, std::span<const NewFile> files, std::span<const std::string> folders) {
  const SyncTraits traits = fs.Traits(folders.front());
  const size_t syncs = files.size() + (traits.names_follow_file_sync ? 0 : folders.size());
  const bool at_once = syncs > 1 && traits.can_sync_all;
  for (const NewFile& file : files) {
    auto writer = TRY(fs.Create(file.path));
    TRY(writer->Append(file.bytes));
    if (!at_once) TRY(writer->Sync());
    TRY(writer->Close());
  }
  if (at_once) return fs.SyncAll(folders.front());
  if (traits.names_follow_file_sync) return {};
  for (const std::string& folder : folders) TRY(fs.SyncFolder(folder));
  return {};
}

Result<void> CreateFoldersDurable(FileSystem& fs, std::span<const std::string> folders) {
  std::set<std::string> holders;  // of new names
  for (const std::string& folder : folders) {
    for (std::string path = folder; holders.insert(FolderOf(path)).second; path = FolderOf(path)) {
      const auto above = fs.Stat(FolderOf(path));
      if (above) break;
      if (above.error().code != Code::kNotFound) return above.error();
    }
  }
  for (const std::string& folder : folders) TRY(fs.CreateFolders(folder));
  if (holders.size() > 1 && fs.Traits(*holders.begin()).can_sync_all) return fs.SyncAll(*holders.begin());
  for (const std::string& holder : holders) TRY(fs.SyncFolder(holder));
  return {};
}

}  // namespace squire
