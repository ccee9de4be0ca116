#pragma once

/// The public Scanner over table/scan.h: ranges in order, filtered.

#include <memory>

#include "squire/table.h"
#include "table/snapshot.h"

namespace squire::engine {

/// Name of the column that carries row addresses.
inline constexpr char kRowAddressColumn[] = "_rowaddr";

Result<std::unique_ptr<Scanner>> OpenScanner(std::shared_ptr<const table::Snapshot> snapshot,
                                             const ScanOptions& options);

}  // namespace squire::engine
