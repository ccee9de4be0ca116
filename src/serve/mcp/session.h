#pragma once

/// One client's conversation in the Model Context Protocol, over any transport: messages in, messages out.
/// Speaks revisions 2024-11-05 to 2025-11-25 (modelcontextprotocol.io/specification/2025-11-25).
///
/// THREADS: Receive belongs to the transport's thread; `send` is called by any, one call at a time is not promised.

#include <map>
#include <string>
#include <string_view>

#include "serve/mcp/tool.h"
#include "serve/rpc/dispatcher.h"

namespace squire::serve::mcp {

/// The revision to speak with a client that asks for `asked`: that one if it is known, else the newest known.
std::string Negotiate(std::string_view asked);

class Session {
 public:
  /// REQUIRES: the service stays, and every call is answered or cancelled, before the session goes.
  Session(std::vector<Tool> tools, Dispatcher::Send send);

  void Receive(std::string_view message) { dispatcher_.Receive(message); }
  /// Requests that are not answered yet.
  [[nodiscard]] size_t open() const { return dispatcher_.open(); }

 private:
  void Initialize(const std::shared_ptr<RpcCall>& call);
  void ListTools(const std::shared_ptr<RpcCall>& call);
  void CallTool(const std::shared_ptr<RpcCall>& call);

  std::vector<Tool> tools_;
  Dispatcher dispatcher_;
};

}  // namespace squire::serve::mcp
