/// embed_bench cold            time of a fresh process from main to the first vector
/// embed_bench speed FOLDER [CHUNKS] [CHARACTERS]   chunks of FOLDER's text files, embedded and beside it a bare loop
/// of the
///                             same model on the same batches, in turns; tokens per CPU second of the whole process
/// embed_bench embed FOLDER [CHUNKS] [CHARACTERS]   the same without the bare loop, for the memory that embedding takes
/// embed_bench fixed           the bare model on batches of 128 and 256 tokens without padding

#include <dlfcn.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "embed/batch_plan.h"
#include "embed/embedder.h"
#include "embed/model_files.h"
#include "embed/runner.h"
#include "embed/wordpiece.h"

namespace squire::embed {
namespace {

namespace fs = std::filesystem;

double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

template <class T>
T OrExit(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).take();
}

fs::path ModelDir() {
  const char* set = std::getenv("SQUIRE_MODEL_DIR");
  return set != nullptr ? fs::path(set) : BesideExecutable("share/squire/model");
}

/// The module's runner, opened as OpenLocal does.
std::unique_ptr<Runner> BareRunner(const ModelDescription& model) {
  void* module = dlopen((BesideExecutable("lib") / kRunnerLibrary).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) std::exit(1);
  RunnerOptions options;
  options.graph = ModelDir() / "model.xml";
  options.identity = model.weights_sha256;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.slots = std::min(8U, options.threads);
  std::unique_ptr<Runner> runner;
  Error error;
  reinterpret_cast<OpenRunnerFunction*>(dlsym(module, "SquireOpenRunner"))(options, &runner, &error);
  return runner;
}

struct Prepared {
  size_t count;
  size_t length;
  std::vector<float> embedded;
  std::vector<float> mask;
};

void RunBare(Runner& runner, std::vector<Prepared>& batches, size_t dimension) {
  std::atomic<size_t> next = 0;
  const auto work = [&](size_t slot) {
    std::vector<float> out;
    for (size_t i = next.fetch_add(1); i < batches.size(); i = next.fetch_add(1)) {
      Prepared& batch = batches[i];
      out.resize(batch.count * dimension);
      OrExit(runner.Run(slot, {batch.count, batch.length, batch.embedded.data(), batch.mask.data(), out.data()}));
    }
  };
  std::vector<std::jthread> helpers;
  for (size_t slot = 1; slot < runner.slots(); ++slot) helpers.emplace_back(work, slot);
  work(0);
}

std::vector<std::string> Chunks(const fs::path& folder, size_t limit, size_t characters) {
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (out.size() >= limit) break;
    const std::string type = entry.path().extension();
    if (!entry.is_regular_file() || (type != ".py" && type != ".md" && type != ".h" && type != ".js")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    for (size_t at = 0; at < text.size() && out.size() < limit; at += characters)
      out.push_back(text.substr(at, characters));
  }
  return out;
}

int Cold() {
  const double start = WallSeconds();
  auto embedder = OrExit(OpenLocal());
  const double opened = WallSeconds();
  std::vector<float> out(embedder->model().dimension);
  const std::vector<std::string_view> query = {"how are the pages of a column written"};
  OrExit(embedder->Embed(query, out));
  const double first = WallSeconds();
  OrExit(embedder->Embed(query, out));
  std::printf("open %.0f ms, first query %.0f ms, second %.1f ms, cpu %.0f ms, rss %ld MB (%s)\n",
              (opened - start) * 1e3, (first - opened) * 1e3, (WallSeconds() - first) * 1e3, CpuSeconds() * 1e3,
              PeakMegabytes(), embedder->model().precision.c_str());
  return 0;
}

int Fixed() {
  const auto model = OrExit(ModelDescription::Read(ModelDir()));
  const auto tables = OrExit(EmbeddingTables::Open(ModelDir(), model));
  const auto runner = BareRunner(model);
  for (const size_t length : {128, 256, 128, 256}) {
    std::vector<Prepared> batches(16, {2048 / length, length, {}, std::vector<float>(2048, 1.0F)});
    for (Prepared& batch : batches) {
      batch.embedded.resize(2048 * model.dimension);
      std::vector<uint32_t> ids(length);
      for (size_t i = 0; i < batch.count; ++i) {
        for (uint32_t& id : ids) id = 1000 + static_cast<uint32_t>(std::rand()) % 20000;
        tables.Embed(ids, batch.embedded.data() + i * length * model.dimension);
      }
    }
    RunBare(*runner, batches, model.dimension);
    const double cpu = CpuSeconds();
    const double wall = WallSeconds();
    RunBare(*runner, batches, model.dimension);
    const double tokens = 2048.0 * static_cast<double>(batches.size());
    std::printf("%s, %zu tokens: %.0f tokens (%.1f chunks) per CPU second, %.0f tokens per second, peak rss %ld MB\n",
                runner->precision().c_str(), length, tokens / (CpuSeconds() - cpu),
                tokens / static_cast<double>(length) / (CpuSeconds() - cpu), tokens / (WallSeconds() - wall),
                PeakMegabytes());
  }
  return 0;
}

int EmbedOnly(const fs::path& folder, size_t limit, size_t characters) {
  const std::vector<std::string> chunks = Chunks(folder, limit, characters);
  const std::vector<std::string_view> texts(chunks.begin(), chunks.end());
  const long before = PeakMegabytes();
  auto embedder = OrExit(OpenLocal());
  std::vector<float> out(texts.size() * embedder->model().dimension);
  EmbedStats stats;
  const double cpu = CpuSeconds();
  OrExit(embedder->Embed(texts, out, &stats));
  std::printf(
      "%zu chunks: %.0f tokens per CPU second, %.0f per second, model %.1f %% of thread time, padding %.1f %%, "
      "peak rss %ld MB, %ld before\n",
      texts.size(), static_cast<double>(stats.tokens) / (CpuSeconds() - cpu),
      static_cast<double>(stats.tokens) / stats.wall_seconds,
      100 * stats.model_seconds / (stats.wall_seconds * std::min(8U, std::thread::hardware_concurrency())),
      100 * (static_cast<double>(stats.padded_tokens) / static_cast<double>(stats.tokens) - 1), PeakMegabytes(),
      before);
  return 0;
}

int Speed(const fs::path& folder, size_t limit, size_t characters) {
  const auto model = OrExit(ModelDescription::Read(ModelDir()));
  const std::vector<std::string> chunks = Chunks(folder, limit, characters);
  const std::vector<std::string_view> texts(chunks.begin(), chunks.end());
  auto embedder = OrExit(OpenLocal());
  std::vector<float> out(texts.size() * model.dimension);

  const auto tables = OrExit(EmbeddingTables::Open(ModelDir(), model));
  const auto pieces = OrExit(WordPiece::Parse(OrExit(ReadSmallFile(ModelDir() / "vocab.txt", 4 << 20))));
  const auto runner = BareRunner(model);
  std::vector<std::vector<uint32_t>> ids(texts.size());
  std::vector<uint32_t> lengths;
  for (size_t i = 0; i < texts.size(); ++i) {
    pieces.Encode(texts[i], model.max_tokens, ids[i]);
    lengths.push_back(static_cast<uint32_t>(ids[i].size()));
  }
  std::vector<Prepared> batches;
  for (const PlannedBatch& plan : PlanBatches(lengths, 2048)) {
    Prepared& batch = batches.emplace_back();
    batch.count = plan.texts.size();
    batch.length = plan.length;
    batch.embedded.resize(batch.count * batch.length * model.dimension);
    batch.mask.resize(batch.count * batch.length);
    for (size_t i = 0; i < batch.count; ++i) {
      tables.Embed(ids[plan.texts[i]], batch.embedded.data() + i * batch.length * model.dimension);
      std::fill_n(batch.mask.data() + i * batch.length, ids[plan.texts[i]].size(), 1.0F);
    }
  }
  for (int round = 0; round < 4; ++round) {
    EmbedStats stats;
    double cpu = CpuSeconds();
    OrExit(embedder->Embed(texts, out, &stats));
    const double ours = CpuSeconds() - cpu;
    cpu = CpuSeconds();
    RunBare(*runner, batches, model.dimension);
    const double bare = CpuSeconds() - cpu;
    const auto tokens = static_cast<double>(stats.tokens);
    std::printf(
        "%zu chunks, %.0f tokens, padding %.1f %%, cut %llu: Embed %.0f tokens (%.1f chunks) per CPU second, bare loop "
        "%.0f; "
        "ratio %.3f; %.0f tokens per second; model %.1f %% of thread time; peak rss %ld MB\n",
        texts.size(), tokens, 100 * (static_cast<double>(stats.padded_tokens) / tokens - 1),
        static_cast<unsigned long long>(stats.truncated), tokens / ours, static_cast<double>(texts.size()) / ours,
        tokens / bare, bare / ours, tokens / stats.wall_seconds,
        100 * stats.model_seconds / (stats.wall_seconds * static_cast<double>(runner->slots())), PeakMegabytes());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace squire::embed

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "cold") return squire::embed::Cold();
  if (what == "fixed") return squire::embed::Fixed();
  if ((what == "speed" || what == "embed") && argc > 2) {
    const size_t chunks = argc > 3 ? std::stoul(argv[3]) : 1000;
    const size_t characters = argc > 4 ? std::stoul(argv[4]) : 1000;
    return what == "speed" ? squire::embed::Speed(argv[2], chunks, characters)
                           : squire::embed::EmbedOnly(argv[2], chunks, characters);
  }
  std::fprintf(stderr, "usage: embed_bench cold | fixed | (speed | embed) FOLDER [CHUNKS] [CHARACTERS]\n");
  return 2;
}
