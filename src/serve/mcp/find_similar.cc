#include "serve/mcp/arguments.h"
#include "serve/mcp/search_code.h"
#include "serve/mcp/tool.h"

namespace squire::serve::mcp {
namespace {

constexpr size_t kPathBytesMax = 4096, kGlobBytesMax = 256, kPathsMax = 32;
constexpr int64_t kLimitMax = 50, kLimitDefault = 10;

constexpr char kDescription[] =
    "Finds pieces of this project that are like the one at a place: other implementations, copies, tests that do the "
    "same. `path` is relative to the tree, as the hits of search_code give it.";

constexpr char kInputSchema[] = R"json({
  "type": "object",
  "properties": {
    "path": {"type": "string", "minLength": 1, "description": "Of a file in the index, relative to the tree"},
    "line": {"type": "integer", "minimum": 1, "default": 1, "description": "A line of the piece"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10, "description": "Hits at most"},
    "paths": {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 32,
              "description": "Only files that match one of these globs"}
  },
  "required": ["path"],
  "additionalProperties": false
})json";

Result<sync::SearchRequest> Read(const Json& object) {
  Arguments arguments(object);
  sync::SearchRequest request;
  sync::Place& place = request.like.emplace();
  place.path = arguments.Text("path", true, kPathBytesMax);
  place.line = static_cast<int32_t>(arguments.Integer("line", 1, INT32_MAX, 1));
  request.limit = static_cast<size_t>(arguments.Integer("limit", 1, kLimitMax, kLimitDefault));
  request.paths = arguments.Texts("paths", kPathsMax, kGlobBytesMax);
  if (auto good = arguments.Check(); !good) return good.error();
  return request;
}

}  // namespace

Tool FindSimilarTool(TreeService& service) {
  return SearchTool(service, "find_similar", "Find similar", kDescription, kInputSchema, Read);
}

}  // namespace squire::serve::mcp
