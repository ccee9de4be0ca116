#include "io/file_system.h"

namespace squire {

Result<std::vector<std::string>> FileSystem::ListNames(const std::string& folder) {
  std::vector<std::string> names;
  for (FileInfo& file : TRY(List(folder))) names.push_back(std::move(file.name));
  return names;
}

Result<std::vector<uint8_t>> ReadWholeFile(FileSystem& fs, const std::string& path, uint64_t limit_bytes) {
  auto file = TRY(fs.OpenRead(path));
  if (file->size() > limit_bytes) {
    return OverBudget(path + " has " + std::to_string(file->size()) + " bytes, over the limit of " +
                      std::to_string(limit_bytes));
  }
  std::vector<uint8_t> bytes(file->size());
  TRY(file->Read(0, bytes));
  return bytes;
}

std::vector<Result<void>> FileSystem::RemoveMany(std::span<const std::string> paths) {
  std::vector<Result<void>> out;
  out.reserve(paths.size());
  for (const std::string& path : paths) out.push_back(Remove(path));
  return out;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  std::string out(folder);
  if (!out.empty() && out.back() != '/') out += '/';
  out += name;
  return out;
}

}  // namespace squire
