#include <fmt/format.h>

#include "serve/answer_json.h"
#include "serve/mcp/arguments.h"
#include "serve/mcp/tool.h"

namespace squire::serve::mcp {
namespace {

constexpr char kDescription[] =
    "Brings the index up to date with the tree at once and reports what was done. Seldom needed: the index follows "
    "edits by "
    "itself. With wait=false it returns at once while the update goes on.";

constexpr char kInputSchema[] = R"json({
  "type": "object",
  "properties": {"wait": {"type": "boolean", "default": true, "description": "Answer when the update is done"}},
  "additionalProperties": false
})json";

constexpr char kOutputSchema[] = R"json({
  "type": "object",
  "properties": {
    "done": {"type": "boolean", "description": "false: the update goes on"},
    "files": {"type": "integer"}, "files_new": {"type": "integer"}, "files_changed": {"type": "integer"},
    "files_gone": {"type": "integer"}, "files_failed": {"type": "integer"}, "chunks_written": {"type": "integer"},
    "vectors_embedded": {"type": "integer"}, "vectors_reused": {"type": "integer"}, "seconds": {"type": "number"},
    "version": {"type": "integer", "description": "Of the table"},
    "note": {"type": "string"}
  },
  "required": ["done", "note"]
})json";

ToolResult Answer(const Result<sync::UpdateReport>& report) {
  if (!report) return ErrorResult(report.error());
  Json structured = {{"done", true}};
  structured.update(ToJson(*report));
  structured["note"] =
      report->files_failed > 0 ? fmt::format("{} files could not be indexed", report->files_failed) : "";
  std::string text = fmt::format("{} files: {} new, {} changed, {} gone, {} failed; {} chunks written in {:.1f} s.\n",
                                 report->files, report->files_new, report->files_changed, report->files_gone,
                                 report->files_failed, report->chunks_written, report->seconds);
  for (const sync::FileReason& reason : report->reasons)
    if (reason.what == "failed") text += fmt::format("failed: {}: {}\n", reason.path, reason.why);
  return {std::move(text), std::move(structured)};
}

}  // namespace

Tool RefreshTool(TreeService& service) {
  Json listing = {
      {"name", "refresh"},
      {"title", "Refresh the index"},
      {"description", kDescription},
      {"inputSchema", Json::parse(kInputSchema)},
      {"outputSchema", Json::parse(kOutputSchema)},
      {"annotations",
       {{"readOnlyHint", false}, {"destructiveHint", false}, {"idempotentHint", true}, {"openWorldHint", false}}}};
  return {"refresh", std::move(listing),
          [&service](const Json& object, const std::stop_token&, const std::function<void(ToolResult)>& done) {
            Arguments arguments(object);
            const bool wait = arguments.Flag("wait", true);
            if (const auto good = arguments.Check(); !good) return done(ErrorResult(good.error()));
            if (wait)
              return service.Refresh([done](const Result<sync::UpdateReport>& report) { done(Answer(report)); });
            service.Refresh([](const Result<sync::UpdateReport>&) {});
            done({"The update goes on in the background; index_status tells how far it is.\n",
                  {{"done", false}, {"note", "the update goes on in the background"}}});
          }};
}

}  // namespace squire::serve::mcp
