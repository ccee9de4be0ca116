#pragma once

/// A tool as an agent sees it: its description, and what it does with a call. Sessions and transports know no more of
/// a tool than this.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "serve/rpc/json_rpc.h"
#include "serve/tree_service.h"

namespace squire::serve::mcp {

/// Text for the model, and the same as data; after an error only a sentence that says what to do.
struct ToolResult {
  std::string text;
  Json structured;  ///< null after an error
  bool is_error = false;
};

struct Tool {
  std::string name;
  Json listing;  ///< its entry in tools/list
  /// Calls `done` once, on any thread, unless `stop` was asked for meanwhile. Wrong arguments are a result too.
  std::function<void(const Json& arguments, std::stop_token stop, std::function<void(ToolResult)> done)> call;
};

ToolResult ErrorResult(const Error& error);

/// REQUIRES: the service outlives the tool.
Tool SearchCodeTool(TreeService& service);
Tool FindSimilarTool(TreeService& service);
Tool IndexStatusTool(TreeService& service);
Tool RefreshTool(TreeService& service);

/// All of the above.
std::vector<Tool> ToolsOf(TreeService& service);

}  // namespace squire::serve::mcp
