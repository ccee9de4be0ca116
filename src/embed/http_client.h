#pragma once

/// One kept-alive connection to an HTTP(S) endpoint, for POST of JSON. A handle belongs to one thread at a time.

#include <memory>
#include <stop_token>
#include <string>

#include "base/try.h"

namespace squire::embed {

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::string content_type;
  double retry_after_seconds = 0;  ///< What the server asked for; 0 when it did not.
};

struct HttpLimits {
  double connect_seconds = 10;
  double answer_seconds = 120;
  size_t answer_bytes = 64 << 20;
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();

  /// Sends `body` with a bearer `key` where it is not empty. Follows no redirect: the key goes to the host named, only.
  /// ERRORS: Io, retryable unless the URL or certificate is at fault; OverBudget for an answer beyond its limit;
  /// Cancelled. Any status is an answer.
  Result<HttpAnswer> Post(const std::string& url, const std::string& key, const std::string& body,
                          const HttpLimits& limits, const std::stop_token& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace squire::embed
