#include "serve/rpc/dispatcher.h"

#include <fmt/format.h>

namespace squire::serve {
namespace {

constexpr size_t kOpenMax = 256;  // requests under way in one session

std::string KeyOf(const Json& id) { return id.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

RpcCall::~RpcCall() { Fail(kRpcInternal, "the request was dropped"); }

bool RpcCall::Close() {
  const std::lock_guard lock(dispatcher_->mutex_);
  const auto found = dispatcher_->open_.find(KeyOf(message_.id));
  if (found == dispatcher_->open_.end() || found->second != this) return false;
  dispatcher_->open_.erase(found);
  return true;
}

void RpcCall::Reply(const Json& result) {
  if (Close()) dispatcher_->send_(ResultMessage(message_.id, result));
}

void RpcCall::Fail(int code, std::string_view sentence) {
  if (Close()) dispatcher_->send_(ErrorMessage(message_.id, code, sentence));
}

void Dispatcher::Receive(std::string_view text) {
  auto message = ParseMessage(text);
  if (!message) return send_(message.error());
  if (message->is_request()) return Request(std::move(*message));
  if (message->method == "notifications/cancelled") {
    if (const auto id = message->params.find("requestId"); id != message->params.end()) Cancel(*id);
  }
  // Other notifications, and responses, ask for nothing.
}

void Dispatcher::Request(RpcMessage message) {
  const auto handler = handlers_.find(message.method);
  if (handler == handlers_.end())
    return send_(ErrorMessage(message.id, kMethodNotFound, fmt::format("there is no method '{}'", message.method)));
  const Json id = message.id;
  const auto call = std::make_shared<RpcCall>(this, std::move(message));
  bool busy = false, taken = false;
  {
    const std::lock_guard lock(mutex_);
    busy = open_.size() >= kOpenMax;
    taken = !busy && open_.try_emplace(KeyOf(id), call.get()).second;
  }
  if (busy) return send_(ErrorMessage(id, kServerBusy, "too many requests are under way"));
  if (!taken) return send_(ErrorMessage(id, kInvalidRequest, "a request with this id is under way"));
  try {
    handler->second(call);
  } catch (const std::exception& error) {
    call->Fail(kRpcInternal, error.what());
  }
}

void Dispatcher::Cancel(const Json& id) {
  std::stop_source stop(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(KeyOf(id));
    if (found == open_.end()) return;
    stop = found->second->stop_;
    open_.erase(found);
  }
  stop.request_stop();
}

size_t Dispatcher::open() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace squire::serve
