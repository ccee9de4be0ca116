#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "embed/batch_plan.h"
#include "embed/embedder.h"
#include "embed/model_files.h"
#include "embed/runner.h"
#include "embed/wordpiece.h"

namespace squire::embed {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

/// A batch of 2,048 tokens is as quick per token as any larger one and holds 40 MB of activations (docs/embedding.md).
constexpr uint32_t kBatchTokens = 2048;
/// Texts tokenized and sorted together: enough for batches of nearly equal lengths.
constexpr size_t kWindowTexts = 4096;
constexpr size_t kMaxVocabularyBytes = 4 << 20;
/// From this many texts in a call on, batches run side by side, a thread each: no thread waits for another. Until then
/// there is one slot with all the threads, which opens and answers sooner.
constexpr size_t kManyTexts = 64;
constexpr uint32_t kMaxSlots = 8;  // each holds its own activations and plans

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

/// Copies `vector` in unit length, which the model's own last step reaches only roughly where it computes in bfloat16.
bool PutUnit(std::span<const float> vector, float* out) {
  float sum = 0;
  for (const float value : vector) sum += value * value;
  if (!(sum > 0) || !std::isfinite(sum)) return false;
  const float scale = 1 / std::sqrt(sum);
  for (size_t i = 0; i < vector.size(); ++i) out[i] = vector[i] * scale;
  return true;
}

/// The tokens of a window of texts, back to back.
struct Window {
  std::vector<uint32_t> ids;
  std::vector<size_t> starts;  ///< One more than there are texts.
  std::vector<uint32_t> lengths;

  [[nodiscard]] std::span<const uint32_t> Text(size_t i) const {
    return std::span(ids).subspan(starts[i], starts[i + 1] - starts[i]);
  }
};

/// What one thread needs to run batches.
struct Scratch {
  std::vector<float> embedded;
  std::vector<float> mask;
  std::vector<float> out;
  double model_seconds = 0;
};

class LocalEmbedder : public Embedder {
 public:
  LocalEmbedder(ModelInfo info, WordPiece pieces, EmbeddingTables tables, OpenRunnerFunction* open,
                RunnerOptions runner_options, std::unique_ptr<Runner> runner)
      : info_(std::move(info)),
        pieces_(std::move(pieces)),
        tables_(std::move(tables)),
        open_(open),
        runner_options_(std::move(runner_options)),
        runner_(std::move(runner)),
        scratch_(1) {}

  [[nodiscard]] const ModelInfo& model() const override { return info_; }

  Result<void> Embed(std::span<const std::string_view> texts, std::span<float> out, EmbedStats* stats,
                     std::stop_token stop) override {
    if (out.size() != texts.size() * info_.dimension) return InvalidArgument("the output is not of texts x dimension");
    const auto start = SteadyClock::now();
    if (texts.size() >= kManyTexts) TRY(Widen());
    EmbedStats sums;
    for (Scratch& scratch : scratch_) scratch.model_seconds = 0;
    Result<void> done;
    for (size_t at = 0; at < texts.size() && done; at += kWindowTexts) {
      const size_t count = std::min(kWindowTexts, texts.size() - at);
      done = EmbedWindow(texts.subspan(at, count), out.data() + at * info_.dimension, sums, stop);
    }
    for (const Scratch& scratch : scratch_) sums.model_seconds += scratch.model_seconds;
    if (stats != nullptr) {
      stats->texts += sums.texts;
      stats->truncated += sums.truncated;
      stats->tokens += sums.tokens;
      stats->padded_tokens += sums.padded_tokens;
      stats->batches += sums.batches;
      stats->model_seconds += sums.model_seconds;
      stats->wall_seconds += SecondsSince(start);
    }
    return done;
  }

 private:
  Result<void> Widen() {
    const uint32_t slots = std::min(runner_options_.threads, kMaxSlots);
    if (runner_ && runner_->slots() == slots) return {};
    runner_.reset();  // first, so that the weights are not held twice
    runner_options_.slots = slots;
    Error error;
    open_(runner_options_, &runner_, &error);
    if (!runner_) return error;
    scratch_.resize(slots);
    return {};
  }

  Result<void> EmbedWindow(std::span<const std::string_view> texts, float* out, EmbedStats& sums,
                           const std::stop_token& stop) {
    if (stop.stop_requested()) return Cancelled("embedding was stopped");
    if (!runner_) return Internal("the local model could not be opened again");
    Window window;
    for (const std::string_view text : texts) {
      window.starts.push_back(window.ids.size());
      sums.truncated += pieces_.Encode(text, info_.max_tokens, window.ids) ? 1 : 0;
      window.lengths.push_back(static_cast<uint32_t>(window.ids.size() - window.starts.back()));
    }
    window.starts.push_back(window.ids.size());
    const std::vector<PlannedBatch> batches = PlanBatches(window.lengths, kBatchTokens);
    TRY(RunAll(window, batches, out, stop));
    sums.texts += texts.size();
    sums.tokens += window.ids.size();
    sums.batches += batches.size();
    for (const PlannedBatch& batch : batches) sums.padded_tokens += batch.texts.size() * batch.length;
    return {};
  }

  /// Runs the batches on all slots, this thread's included; the first error ends it.
  Result<void> RunAll(const Window& window, const std::vector<PlannedBatch>& batches, float* out,
                      const std::stop_token& stop) {
    std::atomic<size_t> next = 0;
    std::mutex mutex;
    Result<void> result;
    const auto work = [&](size_t slot) {
      for (size_t i = next.fetch_add(1); i < batches.size(); i = next.fetch_add(1)) {
        Result<void> done = stop.stop_requested() ? Cancelled("embedding was stopped") : Result<void>();
        if (done) done = RunOne(slot, window, batches[i], out);
        if (done) continue;
        next = batches.size();
        const std::scoped_lock lock(mutex);
        if (result) result = done;
        return;
      }
    };
    std::vector<std::jthread> helpers;
    for (size_t slot = 1; slot < std::min(runner_->slots(), batches.size()); ++slot) helpers.emplace_back(work, slot);
    work(0);
    helpers.clear();
    return result;
  }

  Result<void> RunOne(size_t slot, const Window& window, const PlannedBatch& batch, float* out) {
    Scratch& scratch = scratch_[slot];
    const size_t count = batch.texts.size();
    const size_t row = batch.length * info_.dimension;
    scratch.embedded.resize(count * row);
    scratch.mask.assign(count * batch.length, 0.0F);
    scratch.out.resize(count * info_.dimension);
    for (size_t i = 0; i < count; ++i) {
      const std::span<const uint32_t> ids = window.Text(batch.texts[i]);
      float* embedded = scratch.embedded.data() + i * row;
      tables_.Embed(ids, embedded);
      std::fill(embedded + ids.size() * info_.dimension, embedded + row, 0.0F);
      std::fill_n(scratch.mask.data() + i * batch.length, ids.size(), 1.0F);
    }
    const auto start = SteadyClock::now();
    TRY(runner_->Run(slot, {count, batch.length, scratch.embedded.data(), scratch.mask.data(), scratch.out.data()}));
    scratch.model_seconds += SecondsSince(start);
    for (size_t i = 0; i < count; ++i) {
      const std::span vector = std::span(scratch.out).subspan(i * info_.dimension, info_.dimension);
      if (!PutUnit(vector, out + size_t{batch.texts[i]} * info_.dimension)) {
        return Internal("the local model gave a vector that is no number or has no length");
      }
    }
    return {};
  }

  ModelInfo info_;
  WordPiece pieces_;
  EmbeddingTables tables_;
  OpenRunnerFunction* open_;
  RunnerOptions runner_options_;
  std::unique_ptr<Runner> runner_;
  std::vector<Scratch> scratch_;
};

fs::path Folder(const fs::path& asked, const char* variable, const char* name) {
  if (!asked.empty()) return asked;
  const char* set = std::getenv(variable);
  return set != nullptr && *set != '\0' ? fs::path(set) : BesideExecutable(name);
}

/// Loads the module, for the life of the process: its threads and statics do not survive an unloading.
Result<OpenRunnerFunction*> LoadModule(const fs::path& library_dir) {
  const std::string path = (library_dir / kRunnerLibrary).string();
#ifdef __SANITIZE_ADDRESS__
  ::setenv("TBB_ENABLE_SANITIZERS", "1", 1);  // else TBB opens libraries with RTLD_DEEPBIND, which ASan forbids
#endif
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    const char* why = ::dlerror();
    return NotFound(std::string("cannot load the local model's run time; set SQUIRE_LIB_DIR: ") + (why ? why : ""),
                    path);
  }
  auto* version = reinterpret_cast<RunnerVersionFunction*>(::dlsym(module, "SquireRunnerVersion"));
  auto* open = reinterpret_cast<OpenRunnerFunction*>(::dlsym(module, "SquireOpenRunner"));
  if (version == nullptr || open == nullptr || version() != kRunnerVersion) {
    return Unsupported("the local model's run time is of another version of Squire", path);
  }
  return open;
}

std::string Fingerprint(const ModelDescription& model) {
  return model.name + "/" + model.weights_sha256.substr(0, 16) + "/" + std::to_string(model.max_tokens) + "/wordpiece" +
         std::to_string(kWordPieceVersion) + "/float";
}

}  // namespace

Result<std::unique_ptr<Embedder>> OpenLocal(const LocalOptions& options) {
  const fs::path model_dir = Folder(options.model_dir, "SQUIRE_MODEL_DIR", "share/squire/model");
  const auto model = TRY(ModelDescription::Read(model_dir));
  auto tables = TRY(EmbeddingTables::Open(model_dir, model));
  OpenRunnerFunction* open = TRY(LoadModule(Folder(options.library_dir, "SQUIRE_LIB_DIR", "lib")));

  RunnerOptions runner_options;
  runner_options.graph = model_dir / "model.xml";
  runner_options.identity = model.weights_sha256;
  if (options.use_cache) runner_options.caches = CacheFolders(model_dir);
  runner_options.threads = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  std::unique_ptr<Runner> runner;
  Error error;
  std::jthread loading([&] { open(runner_options, &runner, &error); });  // the vocabulary is read meanwhile
  const std::string vocabulary = TRY(ReadSmallFile(model_dir / "vocab.txt", kMaxVocabularyBytes));
  auto pieces = TRY(WordPiece::Parse(vocabulary));
  loading.join();
  if (!runner) return error;
  if (pieces.size() != model.vocabulary) {
    return Corruption("vocab.txt has another length than model.json tells", (model_dir / "vocab.txt").string());
  }
  ModelInfo info{model.name, model.dimension, model.max_tokens, runner->precision(), Fingerprint(model)};
  return std::make_unique<LocalEmbedder>(std::move(info), std::move(pieces), std::move(tables), open,
                                         std::move(runner_options), std::move(runner));
}

}  // namespace squire::embed
