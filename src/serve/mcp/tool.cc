#include "serve/mcp/tool.h"

namespace squire::serve::mcp {

ToolResult ErrorResult(const Error& error) {
  const bool plain = error.code == Code::kInvalidArgument || error.code == Code::kCancelled;
  return {plain ? error.message : error.ToString(), nullptr, true};
}

std::vector<Tool> ToolsOf(TreeService& service) {
  return {SearchCodeTool(service), FindSimilarTool(service), IndexStatusTool(service), RefreshTool(service)};
}

}  // namespace squire::serve::mcp
