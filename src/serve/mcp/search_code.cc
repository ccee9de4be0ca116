#include "serve/mcp/search_code.h"

#include <fmt/format.h>

#include "serve/answer_json.h"
#include "serve/mcp/arguments.h"
#include "serve/mcp/tool.h"

namespace squire::serve::mcp {
namespace {

constexpr char kHitsSchema[] = R"json({
  "type": "object",
  "properties": {
    "hits": {"type": "array", "items": {
      "type": "object",
      "properties": {
        "path": {"type": "string", "description": "Relative to the tree"},
        "start_line": {"type": "integer", "description": "First line, from 1"},
        "end_line": {"type": "integer", "description": "Last line"},
        "score": {"type": "number", "description": "Grows with relevance; compare within one answer only"},
        "kind": {"type": "string"}, "name": {"type": "string"}, "lang": {"type": "string"}, "text": {"type": "string"}
      },
      "required": ["path", "start_line", "end_line", "score", "kind", "name", "lang", "text"]}},
    "pending": {"type": "integer", "description": "Files that are not indexed yet"},
    "stale": {"type": "integer", "description": "Indexed files that changed since"},
    "note": {"type": "string", "description": "What the index does not know yet; empty when it knows all"}
  },
  "required": ["hits", "pending", "stale", "note"]
})json";

using Mode = sync::SearchRequest::Mode;

constexpr size_t kQueryBytesMax = 8192, kNameBytesMax = 256, kPathsMax = 32;
constexpr int64_t kLimitMax = 50, kLimitDefault = 10;

constexpr char kDescription[] =
    "Searches this project's code and Markdown, by meaning and by words at once, and returns the best matching pieces "
    "(functions, classes, sections) with path, line span and text. Ask in plain language (\"where are retries "
    "limited\") "
    "or by identifier (\"parse_config\"). The index follows edits; `note` says what it does not know yet.";

constexpr char kInputSchema[] = R"json({
  "type": "object",
  "properties": {
    "query": {"type": "string", "minLength": 1,
              "description": "A question in plain language, or identifiers and words"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10,
              "description": "Hits at most"},
    "mode": {"type": "string", "enum": ["auto", "vector", "text"], "default": "auto",
             "description": "auto: by meaning and by words; vector: by meaning; text: by words"},
    "paths": {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 32,
              "description": "Only files that match one of these globs, e.g. \"src/**\" or \"*.md\""},
    "lang": {"type": "string", "description": "Only this language, e.g. \"python\" or \"markdown\""},
    "kind": {"type": "string", "description": "Only this kind, e.g. \"function\", \"class\" or \"section\""},
    "per_file": {"type": "integer", "minimum": 1, "maximum": 50,
                 "description": "Hits by file, at most so many of each; limit counts files then"}
  },
  "required": ["query"],
  "additionalProperties": false
})json";

std::string JoinedNote(const SearchReply& reply) {
  const std::string& why = reply.answer.note;
  return why.empty() || reply.view.note.empty() ? why + reply.view.note : why + "; " + reply.view.note;
}

size_t LongestRunOfBackticks(std::string_view text) {
  size_t longest = 0, run = 0;
  for (const char c : text) longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  return longest;
}

Result<sync::SearchRequest> Read(const Json& object) {
  Arguments arguments(object);
  sync::SearchRequest request;
  request.query = arguments.Text("query", true, kQueryBytesMax);
  request.limit = static_cast<size_t>(arguments.Integer("limit", 1, kLimitMax, kLimitDefault));
  request.per_file = static_cast<size_t>(arguments.Integer("per_file", 1, kLimitMax, 0));
  const std::string mode = arguments.OneOf("mode", {"auto", "vector", "text"});
  request.mode = mode == "vector" ? Mode::kVector : mode == "text" ? Mode::kText : Mode::kAuto;
  request.paths = arguments.Texts("paths", kPathsMax, kNameBytesMax);
  request.lang = arguments.Text("lang", false, kNameBytesMax);
  request.kind = arguments.Text("kind", false, kNameBytesMax);
  if (auto good = arguments.Check(); !good) return good.error();
  return request;
}

}  // namespace

std::string SearchText(const SearchReply& reply) {
  std::string text;
  for (const sync::SearchHit& hit : reply.answer.hits) {
    const std::string fence(std::max<size_t>(3, LongestRunOfBackticks(hit.text) + 1), '`');
    text += fmt::format("{}:{}-{}  {}{}{}  (score {:.4f})\n{}{}\n{}\n{}\n\n", hit.path, hit.start_line, hit.end_line,
                        hit.kind, hit.name.empty() ? "" : " ", hit.name, hit.score, fence, hit.lang, hit.text, fence);
  }
  if (reply.answer.hits.empty()) text += "Nothing found.\n";
  if (const std::string note = JoinedNote(reply); !note.empty()) text += "Note: " + note + ".\n";
  return text;
}

namespace {

ToolResult HitsResult(const Result<SearchReply>& reply) {
  if (!reply) return ErrorResult(reply.error());
  return {SearchText(*reply),
          {{"hits", ToJson(reply->answer.hits)},
           {"pending", reply->answer.freshness.pending},
           {"stale", reply->answer.freshness.stale},
           {"note", JoinedNote(*reply)}}};
}

}  // namespace

Tool SearchTool(TreeService& service, const char* name, const char* title, const char* description,
                const char* input_schema, Result<sync::SearchRequest> (*read)(const Json& arguments)) {
  Json listing = {{"name", name},
                  {"title", title},
                  {"description", description},
                  {"inputSchema", Json::parse(input_schema)},
                  {"outputSchema", Json::parse(kHitsSchema)},
                  {"annotations", {{"readOnlyHint", true}, {"idempotentHint", true}, {"openWorldHint", false}}}};
  return {name, std::move(listing),
          [&service, read](const Json& arguments, std::stop_token stop, const std::function<void(ToolResult)>& done) {
            auto request = read(arguments);
            if (!request) return done(ErrorResult(request.error()));
            service.Search(*std::move(request), std::move(stop),
                           [done](Result<SearchReply> reply) { done(HitsResult(reply)); });
          }};
}

Tool SearchCodeTool(TreeService& service) {
  return SearchTool(service, "search_code", "Search code", kDescription, kInputSchema, Read);
}

}  // namespace squire::serve::mcp
