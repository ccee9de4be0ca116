#pragma once

/// What search_code and find_similar have in common: the tool around a request, and its answer as text for a model.

#include <string>

#include "serve/mcp/tool.h"
#include "serve/tree_service.h"

namespace squire::serve::mcp {

/// Each hit as path:start-end, kind, name and score over its lines in a fence that they cannot close; notes at the end.
std::string SearchText(const SearchReply& reply);

/// A tool that reads a request from its arguments and answers with hits. REQUIRES: the service outlives the tool.
Tool SearchTool(TreeService& service, const char* name, const char* title, const char* description,
                const char* input_schema, Result<sync::SearchRequest> (*read)(const Json& arguments));

}  // namespace squire::serve::mcp
