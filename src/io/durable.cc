#include "io/durable.h"

#include <algorithm>
#include <memory>
#include <set>

#include "base/ids.h"

namespace squire {
namespace {

// One sync of the whole file system takes along what others have not synced yet: it is worth that much a sync spared.
constexpr uint64_t kForeignBytesMax = 32 << 20;
constexpr uint64_t kForeignBytesPerSync = 1 << 20;
constexpr size_t kOpenFilesMax = 16;

/// Writes `files`; where they are to be synced, all are on their way to the disk before the first is waited for.
Result<void> CreateGroup(FileSystem& fs, std::span<const NewFile> files, bool synced) {
  std::vector<std::unique_ptr<WritableFile>> writers;
  for (const NewFile& file : files) {
    writers.push_back(TRY(fs.Create(file.path)));
    TRY(writers.back()->Append(file.bytes));
    if (synced) writers.back()->StartWriting();
  }
  for (auto& writer : writers) {
    if (synced) TRY(writer->Sync());
    TRY(writer->Close());
  }
  return {};
}

}  // namespace

Result<void> CreateDurable(FileSystem& fs, std::span<const NewFile> files, std::span<const std::string> folders) {
  const SyncTraits traits = fs.Traits(folders.front());
  const size_t syncs = files.size() + (traits.names_follow_file_sync ? 0 : folders.size());
  const bool at_once = traits.can_sync_all && syncs > 1 &&
                       traits.unsynced_bytes <= std::max<uint64_t>(kForeignBytesMax, syncs * kForeignBytesPerSync);
  for (; !files.empty(); files = files.subspan(std::min(files.size(), kOpenFilesMax)))
    TRY(CreateGroup(fs, files.first(std::min(files.size(), kOpenFilesMax)), !at_once));
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

namespace {

Error Unknown(Error error) {
  error.code = Code::kCommitUnknown;
  error.message = "it may have been done or not, or not for good; looking again tells (" + error.message + ")";
  return error;
}

}  // namespace

Result<void> ReplaceDurable(FileSystem& fs, const std::string& path, Bytes bytes, std::string_view mark) {
  const std::string temporary = JoinPath(FolderOf(path), ".tmp_" + std::string(mark) + RandomHex(16));
  auto file = TRY(fs.Create(temporary));  // goes with its handle until it has its name
  TRY(file->Append(bytes));
  TRY(file->Sync());
  if (auto renamed = fs.Rename(temporary, path); !renamed) return Unknown(std::move(renamed.error()));
  (void)file->Close();  // it is synced: there is nothing left to fail
  if (auto synced = fs.SyncFolder(FolderOf(path)); !synced) return Unknown(std::move(synced.error()));
  return {};
}

Result<void> RemoveDurable(FileSystem& fs, const std::string& path) {
  if (auto removed = fs.Remove(path); !removed) {
    if (removed.error().code == Code::kNotFound || fs.Stat(path)) return removed;
    return Unknown(std::move(removed.error()));
  }
  if (auto synced = fs.SyncFolder(FolderOf(path)); !synced) return Unknown(std::move(synced.error()));
  return {};
}

}  // namespace squire
