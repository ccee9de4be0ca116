#pragma once

/// Text in, unit vectors out: the interface of what embeds, and the two that there are (a local model, an endpoint).
/// An Embedder may be used by one thread at a time; it uses several itself.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/try.h"

namespace squire::embed {

struct ModelInfo {
  std::string name;
  uint32_t dimension = 0;
  uint32_t max_tokens = 0;  ///< What is beyond is not read by the model; 0 when unknown (an endpoint's).
  std::string precision;    ///< What this machine computes in: "f32", "bf16"; empty when unknown.
  /// What must be equal for two vectors to be compared: model, weights, tokenizer, cut. Kept with an index. It holds no
  /// precision where precisions agree to a cosine of 0.999 and so may be mixed (docs/embedding.md).
  std::string fingerprint;
};

/// Sums over calls; zero it to begin anew.
struct EmbedStats {
  uint64_t texts = 0;
  uint64_t truncated = 0;      ///< Texts of which the model saw a part only (local model).
  uint64_t tokens = 0;         ///< With [CLS] and [SEP]; an endpoint's own count, where it tells.
  uint64_t padded_tokens = 0;  ///< What the model computed: tokens and padding (local model).
  uint64_t batches = 0;        ///< Runs of the model, or requests answered.
  uint64_t retries = 0;        ///< Requests that were sent again.
  double model_seconds = 0;    ///< Thread-seconds spent in the model, or seconds waited for answers.
  double wall_seconds = 0;     ///< Of the calls.
};

class Embedder {
 public:
  virtual ~Embedder() = default;

  [[nodiscard]] virtual const ModelInfo& model() const = 0;

  /// Writes the vector of texts[i], of unit length, to out[i * dimension]. Any number of texts; memory does not grow
  /// with it. ERRORS: InvalidArgument when out.size() != texts.size() * dimension; Cancelled soon after `stop` was
  /// asked for; an endpoint's failures. After an error `out` is unspecified.
  virtual Result<void> Embed(std::span<const std::string_view> texts, std::span<float> out, EmbedStats* stats = nullptr,
                             std::stop_token stop = {}) = 0;
};

struct LocalOptions {
  std::filesystem::path
      library_dir;  ///< Of the run time; else $SQUIRE_LIB_DIR, else ../lib beside the executable's folder.
  std::filesystem::path model_dir;  ///< Else $SQUIRE_MODEL_DIR, else ../share/squire/model.
  uint32_t threads = 0;             ///< 0: all cores that this process may use.
  bool use_cache = true;            ///< Keep the prepared model on disk, for a quick start of the next process.
};

/// The local model. The first call of a process loads 85 MB of shared objects; no other call of this library does.
/// ERRORS: NotFound when the run time or the model is not where it should be; Corruption, Unsupported.
Result<std::unique_ptr<Embedder>> OpenLocal(const LocalOptions& options = {});

/// When to send a request again: after base * 2^n, at most max, half of it by chance; never sooner than the server
/// says.
struct RetryPolicy {
  uint32_t attempts = 6;
  double base_seconds = 0.5;
  double max_seconds = 30;  ///< Longest wait before an attempt; a Retry-After beyond it ends the attempts.
  double connect_seconds = 10;
  double answer_seconds = 120;  ///< For a whole answer.
  /// Waits, or returns false when `stop` was asked for meanwhile. Tests replace it; empty: a real wait.
  std::function<bool(double seconds, const std::stop_token& stop)> wait = {};
};

struct HttpOptions {
  std::string url = {};    ///< "http://localhost:11434", with or without /v1 or /v1/embeddings.
  std::string model = {};  ///< As the endpoint names it.
  uint32_t dimension = 0;  ///< 0: asked of the endpoint when it is opened, by one short text.
  /// Sent as a bearer token; never kept nor logged. Empty: $SQUIRE_API_KEY, else $OPENAI_API_KEY, else none.
  std::string key = {};
  uint32_t batch_texts = 64;
  size_t batch_bytes = 256 << 10;  ///< Of text in a request; a longer text goes alone.
  RetryPolicy retry = {};
};

/// An OpenAI-compatible /v1/embeddings endpoint.
/// ERRORS: InvalidArgument for options or an endpoint that refuses them (401, 404, wrong dimension); Io otherwise,
/// retryable when a later call may succeed.
Result<std::unique_ptr<Embedder>> OpenHttp(HttpOptions options);

}  // namespace squire::embed
