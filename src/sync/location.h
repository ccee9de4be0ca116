#pragma once

/// Where an index is: the tree that it follows and the folder that holds it. Plain values.

#include <optional>
#include <string>

#include "squire/result.h"

namespace squire::sync {

inline constexpr char kIndexFolder[] = ".squire";

struct Location {
  std::string tree;  ///< absolute path of the tree's top
  std::string db;    ///< absolute path of the index folder: TREE/.squire unless asked otherwise

  [[nodiscard]] std::string table() const { return db + "/chunks.lance"; }
  [[nodiscard]] std::string state() const { return db + "/state.db"; }
  [[nodiscard]] std::string spool() const { return db + "/spool.bin"; }
  [[nodiscard]] std::string write_lock() const { return db + "/write.lock"; }    ///< held while an index run lasts
  [[nodiscard]] std::string follow_lock() const { return db + "/follow.lock"; }  ///< held by who follows the tree
};

/// Finds the tree for `start` (default: the working folder): `start` itself or the nearest folder above it that has an
/// index, else the top of the git repository around it, else `start`. `db` overrides where the index lies; a tree
/// indexed there is remembered in it. ERRORS: NotFound when `start` is not a folder.
Result<Location> Locate(const std::optional<std::string>& start, const std::optional<std::string>& db);

/// Makes the index folder; it ignores itself in git.
Result<void> CreateIndexFolder(const Location& location);

}  // namespace squire::sync
