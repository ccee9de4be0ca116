#pragma once

/// The answer of search_code as text for a model. Pure functions.

#include <string>

#include "serve/tree_service.h"

namespace squire::serve::mcp {

/// Each hit as path:start-end, kind, name and score over its lines in a fence that they cannot close; notes at the end.
std::string SearchText(const SearchReply& reply);

}  // namespace squire::serve::mcp
