#include "serve/rpc/json_rpc.h"

#include <fmt/format.h>

#include <algorithm>

namespace squire::serve {
namespace {

std::string Text(const Json& message) { return message.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// Deepest nesting of arrays and objects in `text`, which need not be JSON.
int DepthOf(std::string_view text) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (in_string && c == '\\')
      i++;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && (c == '[' || c == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!in_string && (c == ']' || c == '}'))
      depth--;
  }
  return deepest;
}

}  // namespace

std::expected<RpcMessage, std::string> ParseMessage(std::string_view text) {
  const auto refuse = [](const Json& id, int code, std::string_view sentence) {
    return std::unexpected(ErrorMessage(id, code, sentence));
  };
  if (text.size() > kMessageBytesMax)
    return refuse(nullptr, kInvalidRequest, fmt::format("a message may have {} bytes at most", kMessageBytesMax));
  if (DepthOf(text) > kMessageDepthMax)
    return refuse(nullptr, kInvalidRequest, fmt::format("a message may nest {} deep at most", kMessageDepthMax));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return refuse(nullptr, kParseError, "this is not JSON");
  if (json.is_array())
    return refuse(nullptr, kInvalidRequest, "batches are not part of this protocol; send one message a line");
  if (!json.is_object()) return refuse(nullptr, kInvalidRequest, "a message is an object");

  RpcMessage message;
  if (const auto id = json.find("id"); id != json.end()) {
    if (!id->is_string() && !id->is_number_integer())
      return refuse(nullptr, kInvalidRequest, "an id is a string or an integer");
    message.id = *id;
  }
  const auto version = json.find("jsonrpc");
  if (version == json.end() || *version != "2.0")
    return refuse(message.id, kInvalidRequest, "\"jsonrpc\" must be \"2.0\"");
  const auto method = json.find("method");
  if (method == json.end()) {
    if (json.contains("result") || json.contains("error")) return message;
    return refuse(message.id, kInvalidRequest, "a message has a method, or is a response");
  }
  if (!method->is_string() || method->get_ref<const std::string&>().empty())
    return refuse(message.id, kInvalidRequest, "a method is a string");
  message.method = method->get<std::string>();
  if (const auto params = json.find("params"); params != json.end() && !params->is_null()) {
    if (!params->is_object()) return refuse(message.id, kInvalidParams, "params are an object");
    message.params = std::move(*params);
  }
  return message;
}

std::string ResultMessage(const Json& id, const Json& result) {
  return Text({{"jsonrpc", "2.0"}, {"id", id}, {"result", result}});
}

std::string ErrorMessage(const Json& id, int code, std::string_view sentence) {
  return Text({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", sentence}}}});
}

std::string NotificationMessage(std::string_view method, const Json& params) {
  return Text({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
}

}  // namespace squire::serve
