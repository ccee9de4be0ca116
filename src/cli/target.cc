#include "cli/target.h"

#include <filesystem>

#include "base/try.h"

namespace squire::cli {

Result<sync::Location> LocateTree(const Globals& globals, const std::string& tree) {
  const auto given = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
  return sync::Locate(given(tree), given(globals.db));
}

namespace {
bool IsTable(const std::string& path) {
  std::error_code error;
  return path.ends_with(".lance") || std::filesystem::is_directory(path + "/_versions", error);
}
}  // namespace

Result<std::optional<sync::WriteLock>> LockTarget(const Globals& globals, const std::string& path) {
  std::error_code error;
  sync::Location location;
  if (IsTable(path)) {
    location.db = std::filesystem::absolute(path).lexically_normal().parent_path().string();
  } else {
    location = TRY(LocateTree(globals, path));
  }
  if (!std::filesystem::exists(location.write_lock(), error)) return std::optional<sync::WriteLock>();
  return std::optional(TRY(sync::WriteLock::Take(location)));
}

Result<Table> OpenTarget(const Globals& globals, const std::string& path, std::optional<uint64_t> version) {
  std::error_code error;
  TableOptions options;
  options.version = version;
  if (IsTable(path)) return Table::Open(path, options);
  const sync::Location location = TRY(LocateTree(globals, path));
  if (!std::filesystem::exists(location.table(), error))
    return NotFound("this is neither a Lance table nor a tree with an index (squire index makes one)",
                    path.empty() ? location.tree : path);
  return Table::Open(location.table(), options);
}

}  // namespace squire::cli
