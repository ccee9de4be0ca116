#pragma once

/// Requests to handlers and their replies back, for any transport. A request may be answered later and by another
/// thread; it is answered once, or never when it was cancelled.
///
/// THREADS: Receive belongs to the transport's thread; everything else is for any thread. The dispatcher and `send`
/// must outlive the calls: wait for open() == 0, or drop what would answer them, first.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "serve/rpc/json_rpc.h"

namespace squire::serve {

class Dispatcher;

/// One request under way. It answers "internal error" by itself when it is dropped unanswered.
class RpcCall {
 public:
  RpcCall(Dispatcher* dispatcher, RpcMessage message) : dispatcher_(dispatcher), message_(std::move(message)) {}
  ~RpcCall();
  RpcCall(const RpcCall&) = delete;
  RpcCall& operator=(const RpcCall&) = delete;

  [[nodiscard]] const Json& params() const { return message_.params; }
  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }
  void Reply(const Json& result);
  void Fail(int code, std::string_view sentence);

 private:
  friend class Dispatcher;
  /// True for the first who wants to answer.
  bool Close();

  Dispatcher* dispatcher_;
  RpcMessage message_;
  std::stop_source stop_;
};

class Dispatcher {
 public:
  using Send = std::function<void(std::string_view message)>;
  /// Must return soon: what takes time is done elsewhere, with the call kept.
  using Handler = std::function<void(std::shared_ptr<RpcCall>)>;

  explicit Dispatcher(Send send) : send_(std::move(send)) {}

  /// REQUIRES: before the first Receive.
  void On(std::string method, Handler handler) { handlers_[std::move(method)] = std::move(handler); }

  /// Handles one message; never throws, whatever it holds.
  void Receive(std::string_view text);
  /// Gives the request up: its `stop` is asked for and it will not be answered. Unknown ids are ignored.
  void Cancel(const Json& id);
  /// Requests that are not answered yet.
  [[nodiscard]] size_t open() const;

 private:
  friend class RpcCall;
  void Request(RpcMessage message);

  Send send_;
  std::map<std::string, Handler, std::less<>> handlers_;
  mutable std::mutex mutex_;
  std::map<std::string, RpcCall*> open_;  // by the id's JSON text
};

}  // namespace squire::serve
