#pragma once

/// The answers of search_code and find_similar: as text for a model, and as data. Pure functions.

#include <string>

#include "serve/mcp/tool.h"
#include "serve/tree_service.h"

namespace squire::serve::mcp {

/// Each hit as path:start-end, kind, name and score over its lines in a fence that they cannot close; notes at the end.
std::string SearchText(const SearchReply& reply);

/// The JSON schema of what HitsResult has as data.
extern const char kHitsSchema[];
ToolResult HitsResult(const Result<SearchReply>& reply);

}  // namespace squire::serve::mcp
