#include "serve/mcp/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace squire::serve::mcp {
namespace {

constexpr std::array<std::string_view, 4> kRevisions = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"};

constexpr char kInstructions[] =
    "Squire keeps a search index of this project's code and Markdown and follows its edits. Use search_code to find "
    "where "
    "something is done or said before reading files; its hits give path and lines. `note` tells when the index is "
    "behind.";

Json ResultOf(const ToolResult& result) {
  Json json = {{"content", Json::array({{{"type", "text"}, {"text", result.text}}})}};
  if (!result.structured.is_null()) json["structuredContent"] = result.structured;
  json["isError"] = result.is_error;
  return json;
}

}  // namespace

std::string Negotiate(std::string_view asked) {
  const bool known = std::ranges::find(kRevisions, asked) != kRevisions.end();
  return std::string(known ? asked : kRevisions.back());
}

Session::Session(std::vector<Tool> tools, Dispatcher::Send send)
    : tools_(std::move(tools)), dispatcher_(std::move(send)) {
  dispatcher_.On("initialize", [this](const auto& call) { Initialize(call); });
  dispatcher_.On("ping", [](const auto& call) { call->Reply(Json::object()); });
  dispatcher_.On("logging/setLevel", [](const auto& call) { call->Reply(Json::object()); });
  dispatcher_.On("tools/list", [this](const auto& call) { ListTools(call); });
  dispatcher_.On("tools/call", [this](const auto& call) { CallTool(call); });
}

void Session::Initialize(const std::shared_ptr<RpcCall>& call) {
  const auto asked = call->params().find("protocolVersion");
  if (asked == call->params().end() || !asked->is_string())
    return call->Fail(kInvalidParams, "initialize needs a protocolVersion, such as \"2025-11-25\"");
  call->Reply({{"protocolVersion", Negotiate(asked->get<std::string>())},
               {"capabilities", {{"tools", {{"listChanged", false}}}}},
               {"serverInfo", {{"name", "squire"}, {"title", "Squire"}, {"version", SQUIRE_VERSION}}},
               {"instructions", kInstructions}});
}

void Session::ListTools(const std::shared_ptr<RpcCall>& call) {
  Json list = Json::array();
  for (const Tool& tool : tools_) list.push_back(tool.listing);
  call->Reply({{"tools", std::move(list)}});
}

void Session::CallTool(const std::shared_ptr<RpcCall>& call) {
  const auto name = call->params().find("name");
  const auto tool = name == call->params().end()
                        ? tools_.end()
                        : std::ranges::find_if(tools_, [&](const Tool& t) { return *name == t.name; });
  if (tool == tools_.end()) return call->Fail(kInvalidParams, "there is no such tool; tools/list names them");
  Json arguments = Json::object();
  if (const auto given = call->params().find("arguments"); given != call->params().end() && !given->is_null())
    arguments = *given;
  if (!arguments.is_object()) return call->Fail(kInvalidParams, "arguments are an object");
  tool->call(arguments, call->stop(), [call](const ToolResult& result) { call->Reply(ResultOf(result)); });
}

}  // namespace squire::serve::mcp
