#pragma once

/// What a squire::Table holds, and the door for tables on another file system than the machine's.

#include "engine/watch.h"
#include "squire/table.h"
#include "table/snapshot.h"
#include "upkeep/keeper.h"

namespace squire {

struct Table::Impl {
  std::string path;
  std::shared_ptr<table::FileCache> files;
  std::shared_ptr<const table::Snapshot> snapshot;
  std::unique_ptr<engine::Watch> watch;
  upkeep::Keeper keeper{files->fs(), path, watch->health(), watch->limits()};
};

/// Tables on any file system, which must outlive them.
struct TableAccess {
  static Result<Table> Create(FileSystem& fs, const std::string& path, const Schema& schema,
                              const TableOptions& options = {});
  static Result<Table> Open(FileSystem& fs, const std::string& path, const TableOptions& options = {});
};

}  // namespace squire
