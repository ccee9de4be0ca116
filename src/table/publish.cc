// Writing a version: what it names first, then its manifest, in one step.

#include "table/draft.h"

namespace squire::table {
namespace {

/// The transaction also stands in the manifest, which is what readers go by: this copy of it, for people and older
/// readers, is not synced.
Result<void> WriteTransaction(FileSystem& fs, const std::string& path, const pb::Transaction& transaction) {
  TRY(fs.CreateFolders(FolderOf(path)));
  auto file = TRY(fs.Create(path));
  TRY(file->Append(AsBytes(transaction.SerializeAsString())));
  return file->Close();
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
  const std::string hint = "{\"version\":" + std::to_string(version.manifest.version()) + "}";
  (void)fs.Replace(paths.VersionHint(), AsBytes(hint), version.mark);  // advisory: readers list when it is stale
  return {};
}

}  // namespace squire::table
