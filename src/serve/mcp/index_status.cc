#include <fmt/format.h>

#include "serve/answer_json.h"
#include "serve/health_report.h"
#include "serve/mcp/arguments.h"
#include "serve/mcp/tool.h"

namespace squire::serve::mcp {
namespace {

constexpr char kDescription[] =
    "Tells what is indexed (files, chunks), how fresh it is (pending, stale, failed), how big the index is, and "
    "whether "
    "an update is under way.";

constexpr char kInputSchema[] = R"json({"type": "object", "properties": {}, "additionalProperties": false})json";

constexpr char kOutputSchema[] = R"json({
  "type": "object",
  "properties": {
    "exists": {"type": "boolean", "description": "false: the first index is still being made"},
    "files": {"type": "integer"}, "chunks": {"type": "integer"},
    "pending": {"type": "integer", "description": "Files that are not indexed yet"},
    "stale": {"type": "integer", "description": "Indexed files that changed since"},
    "failed": {"type": "integer", "description": "Files that could not be indexed"},
    "following": {"type": "boolean", "description": "Some process keeps the index up to date"},
    "health": {"type": "object", "description": "status green, or red while commits or upkeep fail; by stage"},
    "updating": {"type": "boolean", "description": "This server is updating the index now"},
    "note": {"type": "string"}
  },
  "required": ["exists", "following", "updating", "note"]
})json";

ToolResult Answer(const Result<StatusReply>& reply) {
  if (!reply) return ErrorResult(reply.error());
  Json structured = {{"exists", reply->status.has_value()}};
  if (reply->status) structured.update(ToJson(*reply->status));
  structured["following"] = reply->view.keeper.following || (reply->status && reply->status->followed);
  structured["updating"] = reply->view.keeper.updating;
  structured["note"] = reply->view.note;
  std::string text;
  if (reply->status) {
    const sync::Status& status = *reply->status;
    text = fmt::format("{}: {} files, {} chunks; {} pending, {} stale, {} failed; model {}; table version {}.\n",
                       status.tree, status.files, status.chunks, status.freshness.pending, status.freshness.stale,
                       status.failed, status.model, status.version);
    if (const std::string trouble = TroubleText(status.health); !trouble.empty())
      text += "Health: red, " + trouble + ".\n";
  }
  if (!reply->view.note.empty())
    text += "Note: " + reply->view.note + ".\n";
  else
    text += "The index is up to date.\n";
  return {std::move(text), std::move(structured)};
}

}  // namespace

Tool IndexStatusTool(TreeService& service) {
  Json listing = {{"name", "index_status"},
                  {"title", "Index status"},
                  {"description", kDescription},
                  {"inputSchema", Json::parse(kInputSchema)},
                  {"outputSchema", Json::parse(kOutputSchema)},
                  {"annotations", {{"readOnlyHint", true}, {"idempotentHint", true}, {"openWorldHint", false}}}};
  return {"index_status", std::move(listing),
          [&service](const Json& object, std::stop_token stop, const std::function<void(ToolResult)>& done) {
            if (const auto good = Arguments(object).Check(); !good) return done(ErrorResult(good.error()));
            service.GetStatus(std::move(stop), [done](Result<StatusReply> reply) { done(Answer(reply)); });
          }};
}

}  // namespace squire::serve::mcp
