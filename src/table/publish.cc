// Writing a version: what it names first, then its manifest, in one step.

#include "table/draft.h"

namespace squire::table {
namespace {

constexpr size_t kHintBytes = 40;  // enough for any version; what is not needed is spaces

/// The transaction also stands in the manifest, which is what readers go by. This copy is for older programs (lancedb
/// 0.40 is one): a handle of theirs that was opened before cannot write after a version without it. It is not synced.
Result<void> WriteTransaction(FileSystem& fs, const std::string& path, const pb::Transaction& transaction) {
  TRY(fs.CreateFolders(FolderOf(path)));
  auto file = TRY(fs.Create(path));
  TRY(file->Append(AsBytes(transaction.SerializeAsString())));
  return file->Close();
}

/// Advisory: readers list the folder when it is stale or cannot be read. It is written where it lies, as a file that is
/// made and removed with every commit costs the file system more than all the rest of it.
void WriteHint(FileSystem& fs, const Paths& paths, const Version& version) {
  std::string hint = "{\"version\":" + std::to_string(version.manifest.version()) + "}";
  hint.resize(kHintBytes, ' ');
  {
    const auto file = fs.OpenInPlace(paths.VersionHint());
    if (file && (*file)->size() == kHintBytes) return (void)(*file)->Write(0, AsBytes(hint));
    if (!file && file.error().code == Code::kConflict) return;  // another writer is at it
  }
  (void)fs.Replace(paths.VersionHint(), AsBytes(hint), version.mark);
}

}  // namespace

Result<void> PublishVersion(FileSystem& fs, const Paths& paths, const std::string& manifest_path, Version& version,
                            std::vector<std::string>& leftovers) {
  const pb::Transaction& transaction = version.transaction;
  const std::string name = std::to_string(transaction.read_version()) + "-" + transaction.uuid() + ".txn";
  leftovers.push_back(paths.Transaction(name));
  TRY(WriteTransaction(fs, paths.Transaction(name), transaction));
  version.manifest.set_transaction_file(name);
  for (const NewFile& file : version.files) leftovers.push_back(file.path);
  if (!version.folders.empty()) TRY(CreateDurable(fs, version.files, version.folders));
  auto published = fs.PublishIfAbsent(
      manifest_path, lance::SerializeManifest(version.manifest, version.indices, transaction), version.mark);
  if (published || published.error().code == Code::kCommitUnknown) leftovers.clear();
  if (!published && published.error().code == Code::kCommitUnknown) LeaveTrace(fs, paths);
  TRY(std::move(published));
  WriteHint(fs, paths, version);
  return {};
}

}  // namespace squire::table
