#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include "embed/embedder.h"
#include "embed/embeddings_json.h"
#include "embed/http_client.h"

namespace squire::embed {
namespace {

constexpr size_t kMaxDimension = 65536;
constexpr size_t kShownBytes = 200;

bool Wait(double seconds, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::duration<double>(seconds), [] { return false; });
  return !stop.stop_requested();
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// ".../v1/embeddings" for a base URL in any of the forms that people write. Refuses what would keep a secret with the
/// index (user:password@host) and what is no HTTP.
Result<std::string> EndpointUrl(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  const size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  if (scheme == 0 || url.size() == scheme) return InvalidArgument("an embedder's URL begins with http:// or https://");
  if (url.size() > 2048) return InvalidArgument("an embedder's URL is at most 2,048 bytes long");
  for (const char c : url) {
    if (c <= ' ' || c == '?' || c == '#' || c == 0x7F) {
      return InvalidArgument("an embedder's URL holds no spaces, query or fragment");
    }
  }
  if (url.substr(scheme, url.find('/', scheme) - scheme).find('@') != std::string::npos) {
    return InvalidArgument(
        "an embedder's URL holds no user or password, since it is kept with the index; set SQUIRE_API_KEY");
  }
  if (url.ends_with("/embeddings")) return url;
  return url + (url.ends_with("/v1") ? "/embeddings" : "/v1/embeddings");
}

bool WorthRetrying(int status) { return status == 408 || status == 429 || status >= 500; }

class HttpEmbedder : public Embedder {
 public:
  HttpEmbedder(HttpOptions options, std::string url)
      : options_(std::move(options)), url_(std::move(url)), random_(std::random_device{}()) {
    if (!options_.retry.wait) options_.retry.wait = Wait;
    info_.name = options_.model;
  }

  [[nodiscard]] const ModelInfo& model() const override { return info_; }

  /// Asks for the dimension where it is not given.
  Result<void> Open() {
    info_.dimension = options_.dimension;
    if (info_.dimension == 0) {
      const std::vector<std::string_view> probe = {"dimension"};
      EmbedStats ignored;
      info_.dimension = TRY(Ask(probe, ignored, {})).dimension;
    }
    info_.fingerprint = "endpoint/" + options_.model + "/" + std::to_string(info_.dimension);
    return {};
  }

  Result<void> Embed(std::span<const std::string_view> texts, std::span<float> out, EmbedStats* stats,
                     std::stop_token stop) override {
    if (out.size() != texts.size() * info_.dimension) return InvalidArgument("the output is not of texts x dimension");
    const auto start = std::chrono::steady_clock::now();
    EmbedStats ignored;
    EmbedStats& sums = stats != nullptr ? *stats : ignored;
    for (size_t at = 0; at < texts.size();) {
      const size_t count = BatchAt(texts.subspan(at));
      const EmbeddingsAnswer answer = TRY(Ask(texts.subspan(at, count), sums, stop));
      std::copy(answer.vectors.begin(), answer.vectors.end(),
                out.begin() + static_cast<ptrdiff_t>(at * info_.dimension));
      at += count;
      sums.texts += count;
      sums.tokens += answer.tokens;
      ++sums.batches;
    }
    sums.wall_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return {};
  }

 private:
  /// How many of `texts` (at least one) make a request.
  [[nodiscard]] size_t BatchAt(std::span<const std::string_view> texts) const {
    size_t bytes = 0;
    size_t count = 0;
    while (count < texts.size() && count < options_.batch_texts) {
      bytes += texts[count].size();
      if (count > 0 && bytes > options_.batch_bytes) break;
      ++count;
    }
    return count;
  }

  /// One batch, sent until it is answered or there is no use in sending it again.
  Result<EmbeddingsAnswer> Ask(std::span<const std::string_view> texts, EmbedStats& sums, const std::stop_token& stop) {
    for (uint32_t attempt = 1;; ++attempt) {
      if (stop.stop_requested()) return Cancelled("embedding was stopped");
      double asked_seconds = 0;
      auto answer = AskOnce(texts, sums, asked_seconds, stop);
      if (answer || !answer.error().retryable) return answer;
      if (asked_seconds > options_.retry.max_seconds) {
        answer.error().message += " (it asks to wait " + std::to_string(static_cast<uint64_t>(asked_seconds)) + " s)";
        return answer;
      }
      if (attempt >= std::max(options_.retry.attempts, 1U)) return answer;
      if (!options_.retry.wait(std::max(asked_seconds, Backoff(attempt)), stop)) {
        return Cancelled("embedding was stopped");
      }
      ++sums.retries;
    }
  }

  Result<EmbeddingsAnswer> AskOnce(std::span<const std::string_view> texts, EmbedStats& sums, double& asked_seconds,
                                   const std::stop_token& stop) {
    const auto start = std::chrono::steady_clock::now();
    auto answer = Post(texts, stop);
    if (answer && base64_ && (answer->status == 400 || answer->status == 422)) {
      // An endpoint that does not know encoding_format may refuse it; if plain numbers fare no better, it was not that.
      base64_ = false;
      answer = Post(texts, stop);
      if (answer && answer->status != 200) base64_ = true;
    }
    sums.model_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!answer) return answer.error();
    asked_seconds = answer->retry_after_seconds;
    if (answer->status != 200) return Refusal(*answer);
    auto read = ReadEmbeddings(answer->body, texts.size(), info_.dimension);
    if (!read) read.error().path = url_;
    return read;
  }

  Result<HttpAnswer> Post(std::span<const std::string_view> texts, const std::stop_token& stop) {
    HttpLimits limits;
    limits.connect_seconds = options_.retry.connect_seconds;
    limits.answer_seconds = options_.retry.answer_seconds;
    // Two dozen bytes a number in text, and room for an error's page.
    limits.answer_bytes = (1 << 20) + texts.size() * 24 * (info_.dimension != 0 ? info_.dimension : kMaxDimension);
    return client_.Post(url_, options_.key, EmbeddingsRequest(options_.model, texts, base64_), limits, stop);
  }

  /// The error that a status other than 200 is, with the beginning of what the server says.
  [[nodiscard]] Error Refusal(const HttpAnswer& answer) const {
    Error error;
    error.retryable = WorthRetrying(answer.status);
    error.code = error.retryable ? Code::kIo : Code::kInvalidArgument;
    error.path = url_;
    error.message = "the endpoint answers with status " + std::to_string(answer.status);
    if (answer.status == 401 || answer.status == 403) {
      error.message += options_.key.empty() ? "; set SQUIRE_API_KEY to its key" : "; is SQUIRE_API_KEY its key?";
    } else if (answer.status == 404) {
      error.message += "; are the URL and the model \"" + options_.model + "\" right?";
    } else if (answer.status >= 300 && answer.status < 400) {
      error.message += ", a redirect, which is not followed: the key is for the host that was named";
    }
    std::string said = answer.body;
    if (!options_.key.empty()) {  // some servers repeat it
      for (size_t at = 0; (at = said.find(options_.key, at)) != std::string::npos;)
        said.replace(at, options_.key.size(), "***");
    }
    said.resize(std::min(said.size(), kShownBytes));
    for (char& c : said) c = c < ' ' || c == 0x7F ? ' ' : c;
    if (!said.empty()) error.message += ": " + said;
    return error;
  }

  /// base * 2^(attempt - 1), at most max; a half of it by chance, so that clients part.
  double Backoff(uint32_t attempt) {
    const double full =
        std::min(options_.retry.max_seconds, std::ldexp(options_.retry.base_seconds, static_cast<int>(attempt) - 1));
    return full * std::uniform_real_distribution<double>(0.5, 1.0)(random_);
  }

  HttpOptions options_;
  std::string url_;
  ModelInfo info_;
  HttpClient client_;
  bool base64_ = true;
  std::minstd_rand random_;
};

}  // namespace

Result<std::unique_ptr<Embedder>> OpenHttp(HttpOptions options) {
  const std::string url = TRY(EndpointUrl(options.url));
  if (options.model.empty()) return InvalidArgument("an endpoint needs the name of a model");
  if (options.dimension > kMaxDimension) return InvalidArgument("a vector has at most 65,536 dimensions");
  if (options.key.empty()) options.key = Environment("SQUIRE_API_KEY");
  if (options.key.empty()) options.key = Environment("OPENAI_API_KEY");
  for (const char c : options.key) {
    if (c < ' ' || c == 0x7F)
      return InvalidArgument("the endpoint's key holds a line break or another control character");
  }
  options.batch_texts = std::clamp(options.batch_texts, 1U, 2048U);
  auto embedder = std::make_unique<HttpEmbedder>(std::move(options), url);
  TRY(embedder->Open());
  return embedder;
}

}  // namespace squire::embed
