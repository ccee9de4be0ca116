#pragma once

/// What the kind of a folder's file system promises about syncs. Source: docs/durability.md.

#include <string>

#include "io/file_system.h"

namespace squire {

/// Never more than is known: nothing for a kind that is not listed, or for a folder that is not there.
SyncTraits SyncTraitsOf(const std::string& folder);

}  // namespace squire
