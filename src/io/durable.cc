#include "io/durable.h"

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

}  // namespace squire
