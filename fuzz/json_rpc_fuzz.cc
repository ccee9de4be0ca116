// What a client of the server sends.

#include "input.h"
#include "serve/rpc/json_rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  const auto message = serve::ParseMessage({reinterpret_cast<const char*>(data), size});
  const std::string reply = message ? serve::ResultMessage(message->id, message->params) : message.error();
  fuzz::Require(serve::Json::accept(reply), "a reply is JSON");
  if (message) (void)serve::ErrorMessage(message->id, serve::kInvalidParams, message->method);
  return 0;
}
