// BM25 over the text of files: cut to chunks, scored with a few queries, one thread.
// Usage: text_bench FOLDER [EXTENSION...]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "index/text/bm25.h"
#include "index/text/words.h"

namespace squire::text {
namespace {

constexpr size_t kChunkBytes = 750;

struct Corpus {
  std::vector<std::pair<std::string, std::string>> files;  // path, text
  std::vector<TextDocument> chunks;
  size_t bytes = 0;
};

void Cut(Corpus& corpus) {
  for (const auto& [path, text] : corpus.files) {
    for (size_t at = 0; at < text.size();) {
      size_t end = std::min(text.size(), at + kChunkBytes);
      while (end < text.size() && text[end] != '\n') ++end;
      corpus.chunks.push_back({corpus.chunks.size(), std::string_view(text).substr(at, end - at), {}, path});
      at = end;
    }
    corpus.bytes += text.size();
  }
}

Corpus ReadCorpus(const char* folder, const std::vector<std::string>& extensions) {
  namespace fs = std::filesystem;
  Corpus corpus;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    const std::string extension = entry.path().extension();
    if (!entry.is_regular_file() || std::find(extensions.begin(), extensions.end(), extension) == extensions.end()) {
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    corpus.files.emplace_back(entry.path(), std::string(std::istreambuf_iterator<char>(file), {}));
  }
  Cut(corpus);
  return corpus;
}

double Ms(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

void Bench(const Corpus& corpus, const char* query, const simd::Kernels& kernels) {
  double best = 1e300;
  std::vector<TextHit> hits;
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    TextScorer scorer(*ParseTextQuery(query), {}, kernels);
    scorer.AddBatch(corpus.chunks);
    hits = scorer.Finish(10);
    best = std::min(best, Ms(begin));
  }
  std::printf("%-8s %7.1f ms %6.0f MB/s  %-44s %s\n", std::string(simd::IsaName(kernels.isa)).c_str(), best,
              static_cast<double>(corpus.bytes) / best / 1e3, query,
              hits.empty() ? "-" : std::string(corpus.chunks[hits[0].row].path).c_str());
}

}  // namespace
}  // namespace squire::text

int main(int argc, char** argv) {
  using namespace squire::text;
  if (argc < 2) return 2;
  std::vector<std::string> extensions(argv + 2, argv + argc);
  if (extensions.empty()) extensions = {".py"};
  const Corpus corpus = ReadCorpus(argv[1], extensions);
  std::printf("%zu files, %zu chunks, %.1f MB\n", corpus.files.size(), corpus.chunks.size(),
              static_cast<double>(corpus.bytes) / 1e6);
  uint64_t words = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& chunk : corpus.chunks) {
    ForEachWord(chunk.text, [&](std::string_view, WordKind) { ++words; });
  }
  std::printf("ReadWords alone: %.1f ms, %llu words\n", Ms(begin), static_cast<unsigned long long>(words));
  for (const auto* kernels : squire::simd::RunnableKernels()) {
    for (const char* query : {"parseHttpHeader", "parse http header", "how is the default encoding of a file chosen",
                              "self return if the", "\"in the\" -test", "zebra"}) {
      Bench(corpus, query, *kernels);
    }
  }
}
