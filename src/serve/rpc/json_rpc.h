#pragma once

/// JSON-RPC 2.0 messages: read with limits on what strangers send, written so that they cannot be invalid. Pure
/// functions.

#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace squire::serve {

using Json = nlohmann::ordered_json;

inline constexpr size_t kMessageBytesMax = 8 << 20;
inline constexpr int kMessageDepthMax = 64;

enum RpcCode : int {
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kRpcInternal = -32603,
  kServerBusy = -32000,
};

struct RpcMessage {
  Json id;             ///< a string or an integer; null for a notification
  std::string method;  ///< empty for a response, which nobody here waits for
  Json params = Json::object();

  [[nodiscard]] bool is_request() const { return !id.is_null() && !method.empty(); }
};

/// The message in `text`, or the reply that says why there is none. Arrays (batches) are refused, as by the protocol
/// since 2025-06-18; so is what is longer or deeper than the limits.
std::expected<RpcMessage, std::string> ParseMessage(std::string_view text);

std::string ResultMessage(const Json& id, const Json& result);
std::string ErrorMessage(const Json& id, int code, std::string_view sentence);
std::string NotificationMessage(std::string_view method, const Json& params);

}  // namespace squire::serve
