#pragma once

/// Endpoints that this user has named. An index says where its vectors were made, and an index may come with a tree
/// from anywhere: before text or a key is sent to an address that only an index names, the user must have named it too.

#include <string>

#include "squire/result.h"

namespace squire::sync {

/// Remembers that the user asked for `url`, in $XDG_CONFIG_HOME/squire/endpoints; best effort.
void Trust(const std::string& url);

/// ERRORS: InvalidArgument, with the way out, unless `url` is on this machine or was asked for by the user before.
Result<void> CheckTrusted(const std::string& url);

}  // namespace squire::sync
