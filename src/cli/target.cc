#include "cli/target.h"

#include <filesystem>

#include "base/try.h"

namespace squire::cli {

Result<sync::Location> LocateTree(const Globals& globals, const std::string& tree) {
  const auto given = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
  return sync::Locate(given(tree), given(globals.db));
}

Result<Table> OpenTarget(const Globals& globals, const std::string& path, std::optional<uint64_t> version) {
  std::error_code error;
  TableOptions options;
  options.version = version;
  const bool is_table = path.ends_with(".lance") || std::filesystem::is_directory(path + "/_versions", error);
  if (is_table) return Table::Open(path, options);
  const sync::Location location = TRY(LocateTree(globals, path));
  if (!std::filesystem::exists(location.table(), error))
    return NotFound("this is neither a Lance table nor a tree with an index (squire index makes one)",
                    path.empty() ? location.tree : path);
  return Table::Open(location.table(), options);
}

}  // namespace squire::cli
