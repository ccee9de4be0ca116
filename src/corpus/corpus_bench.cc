/// corpus_bench TREE: time of scanning, reading and chunking a tree on one core, and how big the chunks came out.
/// corpus_bench --print FILE: the file's chunks.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "corpus/chunk.h"
#include "corpus/os.h"
#include "corpus/read.h"
#include "corpus/scan.h"

namespace squire::corpus {
namespace {

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct PerLanguage {
  uint64_t bytes = 0, files = 0, chunks = 0, gave_up = 0, errors = 0;
  double seconds = 0, slowest = 0;
  std::string slowest_path;
};

int Print(const std::string& path) {
  auto root = OpenFolder(path.starts_with('/') ? "/" : ".");
  if (!root) return 1;
  const auto file = ReadText(root->get(), path.starts_with('/') ? path.substr(1) : path, {.asked = true});
  if (!file || file->skip != SkipReason::kNone) return 1;
  Chunker chunker;
  const auto cut = chunker.Chunk(path, file->text);
  if (!cut) return 1;
  for (const Chunk& chunk : cut->chunks) {
    std::printf("==== %u-%u %s [%s] %zu bytes, ~%llu tokens\n%s\n", chunk.start_line, chunk.end_line,
                std::string(chunk.kind).c_str(), chunk.name.c_str(), chunk.text.size(),
                static_cast<unsigned long long>(EstimateTokenCentis(chunk.text) / 100), chunk.text.c_str());
  }
  return 0;
}

int Measure(const std::string& tree) {
  double wall = WallSeconds(), cpu = CpuSeconds();
  const auto scan = Scan(tree, {});
  if (!scan) return std::fprintf(stderr, "%s\n", scan.error().ToString().c_str()), 1;
  std::printf("scan: %zu files, %llu folders, %.3f s wall, %.3f s CPU\n", scan->files.size(),
              static_cast<unsigned long long>(scan->folders), WallSeconds() - wall, CpuSeconds() - cpu);
  auto root = OpenFolder(tree);
  std::map<std::string_view, PerLanguage> languages;
  std::vector<uint32_t> sizes;
  Chunker chunker;
  double read_seconds = 0;
  for (const FileEntry& entry : scan->files) {
    cpu = CpuSeconds();
    const auto file = ReadText(root->get(), entry.path, {});
    read_seconds += CpuSeconds() - cpu;
    if (!file || file->skip != SkipReason::kNone) continue;
    cpu = CpuSeconds();
    const auto cut = chunker.Chunk(entry.path, file->text);
    const double seconds = CpuSeconds() - cpu;
    if (!cut) continue;
    PerLanguage& l = languages[cut->lang];
    l.bytes += file->text.size(), ++l.files, l.chunks += cut->chunks.size(), l.seconds += seconds;
    l.gave_up += cut->parser_gave_up, l.errors += cut->syntax_errors;
    if (seconds > l.slowest) l.slowest = seconds, l.slowest_path = entry.path;
    for (const Chunk& chunk : cut->chunks) sizes.push_back(static_cast<uint32_t>(chunk.text.size()));
  }
  std::printf("read: %.3f s CPU\n", read_seconds);
  for (const auto& [lang, l] : languages) {
    std::printf("%-12s %6llu files %8.2f MB %8.2f MB/s %7llu chunks, gave up %llu, errors %llu, slowest %.3f s %s\n",
                std::string(lang).c_str(), static_cast<unsigned long long>(l.files), static_cast<double>(l.bytes) / 1e6,
                static_cast<double>(l.bytes) / 1e6 / std::max(l.seconds, 1e-9),
                static_cast<unsigned long long>(l.chunks), static_cast<unsigned long long>(l.gave_up),
                static_cast<unsigned long long>(l.errors), l.slowest, l.slowest_path.c_str());
  }
  if (sizes.empty()) return 0;
  std::sort(sizes.begin(), sizes.end());
  const auto at = [&](size_t percent) { return sizes[std::min(sizes.size() - 1, sizes.size() * percent / 100)]; };
  std::printf("chunk bytes: p5 %u p25 %u p50 %u p75 %u p95 %u p99 %u max %u\n", at(5), at(25), at(50), at(75), at(95),
              at(99), sizes.back());
  return 0;
}

}  // namespace
}  // namespace squire::corpus

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--print") == 0) return squire::corpus::Print(argv[2]);
  if (argc == 2) return squire::corpus::Measure(argv[1]);
  std::fprintf(stderr, "usage: corpus_bench TREE | corpus_bench --print FILE\n");
  return 2;
}
