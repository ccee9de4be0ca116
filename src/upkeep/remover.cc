#include "upkeep/remover.h"

#include <vector>

namespace squire::upkeep {

void Remover::Fail(Error error) {
  if (!failure_) failure_ = std::move(error);
}

bool Remover::Remove(const std::string& name, uint64_t size_bytes) {
  if (done_.contains(name)) return true;
  const std::string path = JoinPath(paths_.root, name);
  if (!dry_run_) {
    auto removed = fs_.Remove(path);
    if (!removed && removed.error().code == Code::kNotFound) return true;
    if (!removed) {
      Fail(std::move(removed.error()));
      return false;
    }
    folders_.insert(FolderOf(path));
  }
  done_.insert(name);
  files_++;
  bytes_ += size_bytes;
  return true;
}

bool Remover::RemoveNamed(const std::string& name) {
  if (name.ends_with('/')) return RemoveFolder(name);
  if (done_.contains(name)) return true;
  auto found = fs_.Stat(JoinPath(paths_.root, name));
  if (found) return found->is_folder || Remove(name, found->size_bytes);
  if (found.error().code == Code::kNotFound) return true;
  Fail(std::move(found.error()));
  return false;
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
