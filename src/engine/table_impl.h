#pragma once

/// What a squire::Table holds.

#include "squire/table.h"
#include "table/snapshot.h"

namespace squire {

struct Table::Impl {
  std::string path;
  std::shared_ptr<table::FileCache> files;
  std::shared_ptr<const table::Snapshot> snapshot;
};

}  // namespace squire
