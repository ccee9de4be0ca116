#include "embed/http_client.h"

#include <curl/curl.h>

#include <array>
#include <mutex>

namespace squire::embed {
namespace {

/// What the callbacks of one request share.
struct Exchange {
  HttpAnswer answer;
  size_t limit = 0;
  bool over_limit = false;
  const std::stop_token* stop = nullptr;
};

size_t OnBody(char* bytes, size_t /*one*/, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.answer.body.size() + count > exchange.limit) {
    exchange.over_limit = true;
    return 0;
  }
  exchange.answer.body.append(bytes, count);
  return count;
}

int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(user)->stop->stop_requested() ? 1 : 0;
}

bool WorthRetrying(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
  }
}

}  // namespace

struct HttpClient::Impl {
  CURL* handle = nullptr;
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  impl_->handle = curl_easy_init();
}

HttpClient::~HttpClient() { curl_easy_cleanup(impl_->handle); }

Result<HttpAnswer> HttpClient::Post(const std::string& url, const std::string& key, const std::string& body,
                                    const HttpLimits& limits, const std::stop_token& stop) {
  CURL* curl = impl_->handle;
  if (curl == nullptr) return Internal("libcurl gave no handle");
  curl_easy_reset(curl);  // keeps the connection
  Exchange exchange;
  exchange.limit = limits.answer_bytes;
  exchange.stop = &stop;
  std::array<char, CURL_ERROR_SIZE> why{};
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");  // no extra round trip for a large body
  if (!key.empty()) headers = curl_slist_append(headers, ("Authorization: Bearer " + key).c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "squire");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_seconds * 1000));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.answer_seconds * 1000));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  if (stop.stop_requested()) return Cancelled("the request was stopped");
  if (exchange.over_limit) {
    return OverBudget("the endpoint's answer is larger than " + std::to_string(limits.answer_bytes) + " bytes");
  }
  if (code != CURLE_OK) {
    Error error;
    error.code = Code::kIo;
    error.message =
        std::string("no answer from the endpoint: ") + (why[0] != 0 ? why.data() : curl_easy_strerror(code));
    error.path = url;
    error.retryable = WorthRetrying(code);
    return error;
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  exchange.answer.status = static_cast<int>(status);
  const char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) exchange.answer.content_type = type;
  curl_off_t wait = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
  exchange.answer.retry_after_seconds = static_cast<double>(wait);
  return std::move(exchange.answer);
}

}  // namespace squire::embed
