#include "sync/location.h"

#include <filesystem>
#include <fstream>

namespace squire::sync {
namespace {

namespace fs = std::filesystem;

/// The nearest folder at or above `start` that holds `name`.
std::optional<fs::path> FindAbove(fs::path start, const char* name) {
  std::error_code error;
  while (true) {
    if (fs::exists(start / name, error)) return start;
    if (!start.has_parent_path() || start == start.parent_path()) return std::nullopt;
    start = start.parent_path();
  }
}

constexpr char kTreeNote[] = "tree.txt";  // in an index folder that lies elsewhere: the tree it is of

}  // namespace

Result<Location> Locate(const std::optional<std::string>& start, const std::optional<std::string>& db) {
  std::error_code error;
  Location location;
  if (db) location.db = fs::absolute(*db).lexically_normal().string();
  if (db && !start) {
    // The index knows its tree; a question needs no more than that.
    std::ifstream note(fs::path(location.db) / kTreeNote);
    if (std::getline(note, location.tree) && !location.tree.empty()) return location;
  }
  const fs::path from = fs::canonical(start.value_or("."), error);
  if (error || !fs::is_directory(from, error)) return NotFound("there is no such folder", start.value_or("."));
  fs::path tree = from;
  if (!db) {
    if (const auto indexed = FindAbove(from, kIndexFolder))
      tree = *indexed;
    else if (const auto repository = FindAbove(from, ".git"))
      tree = *repository;
  }
  location.tree = tree.string();
  if (!db) location.db = (tree / kIndexFolder).string();
  return location;
}

Result<void> CreateIndexFolder(const Location& location) {
  std::error_code error;
  const fs::path db = location.db;
  fs::create_directories(db, error);
  if (error)
    return FromErrno(error.value(), "cannot create the index folder (--db DIR puts it elsewhere)", location.db);
  if (!fs::exists(db / ".gitignore", error)) std::ofstream(db / ".gitignore") << "*\n";
  if (db != fs::path(location.tree) / kIndexFolder) std::ofstream(db / kTreeNote) << location.tree << "\n";
  return {};
}

}  // namespace squire::sync
