#include "upkeep/remover.h"

#include <vector>

namespace squire::upkeep {

void Remover::Fail(Error error) {
  if (!failure_) failure_ = std::move(error);
}

bool Remover::Count(const SizedFile& file, Result<void> removed) {
  if (!removed && removed.error().code == Code::kNotFound) return true;
  if (!removed) {
    Fail(std::move(removed.error()));
    return false;
  }
  if (!dry_run_) folders_.insert(FolderOf(JoinPath(paths_.root, file.name)));
  done_.insert(file.name);
  files_++;
  bytes_ += file.size_bytes;
  return true;
}

bool Remover::Remove(const std::string& name, uint64_t size_bytes) {
  const SizedFile file{name, size_bytes};
  return RemoveMany({&file, 1}).empty();
}

std::vector<std::string> Remover::RemoveMany(std::span<const SizedFile> files) {
  std::vector<const SizedFile*> wanted;
  for (const SizedFile& file : files)
    if (!done_.contains(file.name)) wanted.push_back(&file);
  std::vector<Result<void>> removed(wanted.size());
  if (!dry_run_) {
    std::vector<std::string> paths;
    for (const SizedFile* file : wanted) paths.push_back(JoinPath(paths_.root, file->name));
    removed = fs_.RemoveMany(paths);
  }
  std::vector<std::string> still_there;
  for (size_t i = 0; i < wanted.size(); i++)
    if (!Count(*wanted[i], std::move(removed[i]))) still_there.push_back(wanted[i]->name);
  return still_there;
}

std::optional<SizedFile> Remover::Look(const std::string& name, bool& is_gone) {
  auto found = fs_.Stat(JoinPath(paths_.root, name));
  if (found && !found->is_folder) return SizedFile{name, found->size_bytes};
  if (found || found.error().code == Code::kNotFound) return std::nullopt;
  Fail(std::move(found.error()));
  is_gone = false;
  return std::nullopt;
}

bool Remover::RemoveManyNamed(std::span<const std::string> names) {
  bool are_gone = true;
  std::vector<SizedFile> files;
  for (const std::string& name : names) {
    if (name.ends_with('/')) {
      are_gone &= RemoveFolder(name);
    } else if (!done_.contains(name)) {
      if (auto file = Look(name, are_gone)) files.push_back(*std::move(file));
    }
  }
  return RemoveMany(files).empty() && are_gone;
}

/// File by file, so that each counts, then what is left of the folders.
bool Remover::RemoveFolder(const std::string& name) {
  if (!done_.insert(name).second) return true;
  const std::string top = name.substr(0, name.size() - 1);
  std::vector<std::string> folders;
  auto beside = fs_.List(JoinPath(paths_.root, FolderOf(top)));
  if (!beside && beside.error().code != Code::kNotFound) {
    Fail(std::move(beside.error()));
    return false;
  }
  for (const FileInfo& entry : beside ? *beside : std::vector<FileInfo>())  // a link to a folder is none
    if (entry.is_folder && JoinPath(FolderOf(top), entry.name) == top) folders.push_back(top);
  if (folders.empty()) return true;
  bool is_gone = true;
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    auto listed = fs_.List(JoinPath(paths_.root, folder));
    if (!listed && listed.error().code == Code::kNotFound) continue;
    if (!listed) {
      Fail(std::move(listed.error()));
      is_gone = false;
      continue;
    }
    for (const FileInfo& file : *listed) {
      const std::string inner = JoinPath(folder, file.name);
      if (file.is_folder)
        folders.push_back(inner);
      else
        is_gone &= Remove(inner, file.size_bytes);
    }
  }
  if (dry_run_ || !is_gone) return is_gone;
  const std::string path = JoinPath(paths_.root, top);
  if (auto removed = fs_.RemoveAll(path); !removed && removed.error().code != Code::kNotFound) {
    Fail(std::move(removed.error()));
    return false;
  }
  std::erase_if(folders_, [&](const std::string& folder) { return folder.starts_with(path); });
  folders_.insert(FolderOf(path));
  return true;
}

void Remover::SyncFolders() {
  for (const std::string& folder : folders_)
    if (auto synced = fs_.SyncFolder(folder); !synced) Fail(std::move(synced.error()));
  folders_.clear();
}

}  // namespace squire::upkeep
