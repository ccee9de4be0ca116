// The commit of a version on a file system with folders: a whole, synced file appears under a name that was free.

#include "base/ids.h"
#include "io/file_system.h"

namespace squire {
namespace {

struct Temporary {
  std::string path;
  std::unique_ptr<WritableFile> file;
};

/// A new file beside `path` that nobody takes for anything: its name ends as nothing else's does.
Result<Temporary> CreateTemporary(FileSystem& fs, const std::string& path, std::string_view mark) {
  std::string name = JoinPath(FolderOf(path), ".tmp_" + std::string(mark) + RandomHex(16));
  auto file = fs.Create(name);
  if (!file) {
    // Not AlreadyExists, which would tell the caller that somebody else took `path`.
    if (file.error().code == Code::kAlreadyExists) file.error().code = Code::kIo;
    return std::move(file.error());
  }
  return Temporary{std::move(name), *std::move(file)};
}

/// Without such renames and hard links, writers keep each other out by a lock, which a crash lets go.
Result<void> RenameUnderLock(FileSystem& fs, const std::string& from, const std::string& to) {
  const auto lock = TRY(fs.Lock(JoinPath(FolderOf(to), ".publish_lock"), /*wait=*/true));
  const auto found = fs.Stat(to);
  if (found) return AlreadyExists("another writer was first", to);
  if (found.error().code != Code::kNotFound) return found.error();
  return fs.Rename(from, to);
}

/// Gives the file its name; the temporary one goes at once, or with the handle.
Result<void> Place(FileSystem& fs, Temporary& temporary, const std::string& to) {
  const std::string& from = temporary.path;
  auto placed = fs.RenameIfAbsent(from, to);  // one change of the folder where a link and its removal are two
  if (placed) (void)temporary.file->Close();  // it is synced: there is nothing left to fail
  if (!placed && placed.error().code == Code::kUnsupported) placed = fs.Link(from, to);
  if (!placed && placed.error().code == Code::kUnsupported) placed = RenameUnderLock(fs, from, to);
  return placed;
}

Error Unknown(Error error, const std::string& why) {
  error.code = Code::kCommitUnknown;
  error.message = why + "; reopening tells whether the version stands (" + error.message + ")";
  return error;
}

}  // namespace

Result<void> FileSystem::PublishIfAbsent(const std::string& path, Bytes bytes, std::string_view mark) {
  Temporary temporary = TRY(CreateTemporary(*this, path, mark));
  TRY(temporary.file->Append(bytes));
  TRY(temporary.file->Sync());
  if (auto placed = Place(*this, temporary, path); !placed) {
    if (placed.error().code == Code::kAlreadyExists) return placed;
    // An error does not prove that nothing happened: only the name's absence does.
    if (auto found = Stat(path); !found && found.error().code == Code::kNotFound) return placed;
    return Unknown(std::move(placed.error()), "publishing the version failed");
  }
  temporary.file.reset();  // with its name, where it still has that
  if (auto synced = SyncFolder(FolderOf(path)); !synced)
    return Unknown(std::move(synced.error()), "the version was written but its folder could not be synced");
  return {};
}

Result<void> FileSystem::Replace(const std::string& path, Bytes bytes, std::string_view mark) {
  Temporary temporary = TRY(CreateTemporary(*this, path, mark));
  TRY(temporary.file->Append(bytes));
  TRY(Rename(temporary.path, path));
  return temporary.file->Close();
}

}  // namespace squire
