// Building and searching a vector index without a table: recall and queries a CPU second on a grid of options.
// Usage: vector_bench ROWS.f32 QUERIES.f32 DIM [PARTITIONS [QUERY_COUNT [BITS [THREADS]]]]; files of float32, row by
// row.

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "index/vector/exact.h"
#include "index/vector/ivf_builder.h"
#include "index/vector/vector_index.h"

namespace squire::vector {
namespace {

constexpr size_t kLimit = 10;

double Seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class T>
T OrExit(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).take();
}

std::vector<float> ReadFloats(const char* path, size_t dim) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto rows = static_cast<size_t>(file.tellg()) / (4 * dim);
  std::vector<float> out(rows * dim);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size() * 4));
  return out;
}

struct Data {
  std::vector<float> rows, queries;
  size_t dim = 0, num_rows = 0, num_queries = 0;
  [[nodiscard]] std::span<const float> query(size_t i) const { return std::span(queries).subspan(i * dim, dim); }
};

std::vector<std::vector<simd::Neighbor>> ExactAnswers(const Data& data) {
  std::vector<std::vector<simd::Neighbor>> out;
  RowBlock block;
  block.bytes = {reinterpret_cast<const uint8_t*>(data.rows.data()), data.rows.size() * 4};
  block.count = data.num_rows;
  block.stride_bytes = 4 * data.dim;
  const double begin = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  for (size_t q = 0; q < data.num_queries; q++) {
    auto search = OrExit(ExactSearch::Make(simd::Metric::kCosine, data.query(q), kLimit));
    OrExit(search.AddBlock(block));
    out.push_back(search.Take());
  }
  const double spent = Seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
  std::printf("exact: %.0f queries a CPU second\n", static_cast<double>(data.num_queries) / spent);
  return out;
}

struct Run {
  double recall = 0, queries_per_second = 0;
};

Run Ask(const VectorIndex& index, const Data& data, const RowMask& mask, const ProbeOptions& options,
        const std::vector<std::vector<simd::Neighbor>>& exact) {
  Run out;
  for (int round = 0; round < 3; round++) {
    size_t found = 0, wanted = 0;
    const double begin = Seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t q = 0; q < data.num_queries; q++) {
      const auto candidates = OrExit(index.Search(data.query(q), options, mask));
      const simd::DistanceTo distance(simd::Metric::kCosine, data.query(q));
      simd::TopK nearest(kLimit);
      for (const auto& candidate : candidates) {
        float measured = 0;
        const auto* row = reinterpret_cast<const uint8_t*>(data.rows.data() + candidate.row * data.dim);
        distance.Measure(row, 4 * data.dim, 1, &measured);
        nearest.Push(measured, candidate.row);
      }
      const float bound = exact[q].back().distance;
      for (const auto& neighbor : nearest.Take()) found += neighbor.distance <= bound;
      wanted += kLimit;
    }
    const double spent = Seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
    out.queries_per_second = std::max(out.queries_per_second, static_cast<double>(data.num_queries) / spent);
    out.recall = static_cast<double>(found) / static_cast<double>(wanted);
  }
  return out;
}

void Build(const std::shared_ptr<table::FileCache>& files, const std::string& folder, const Data& data,
           size_t partitions, unsigned bits, int threads) {
  const double wall = Seconds(CLOCK_MONOTONIC), cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  const Quantizer quantizer({data.dim, bits}, simd::Metric::kCosine, Rotation::Random(data.dim, 1));
  std::vector<float> rows = data.rows;
  for (size_t row = 0; row < data.num_rows; row++) quantizer.Prepare(std::span(rows).subspan(row * data.dim, data.dim));
  const size_t sampled = std::min(data.num_rows, partitions * 64), stride = data.num_rows / sampled;
  std::vector<float> sample;
  for (size_t i = 0; i < sampled; i++) {
    const auto row = std::span(rows).subspan(i * stride * data.dim, data.dim);
    sample.insert(sample.end(), row.begin(), row.end());
  }
  auto centers = OrExit(TrainCenters(sample, data.dim, {.count = partitions, .threads = threads}));
  const double trained = Seconds(CLOCK_MONOTONIC);
  IvfBuilder builder(files, folder, quantizer, std::move(centers), 64 << 20, threads);
  std::vector<uint64_t> addresses(data.num_rows);
  std::iota(addresses.begin(), addresses.end(), uint64_t{0});
  constexpr size_t kRows = 4096;
  for (size_t row = 0; row < data.num_rows; row += kRows) {
    const size_t count = std::min(kRows, data.num_rows - row);
    OrExit(builder.Add(std::span(rows).subspan(row * data.dim, count * data.dim),
                       std::span(addresses).subspan(row, count)));
  }
  const double encoded = Seconds(CLOCK_MONOTONIC);
  uint64_t bytes = 0;
  for (const auto& [name, size] : OrExit(builder.Finish())) bytes += size;
  std::printf("build: %.2f s, %.2f CPU s (centers %.2f, codes %.2f, files %.2f); %.1f bytes a row, %.3f of the rows'\n",
              Seconds(CLOCK_MONOTONIC) - wall, Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, trained - wall,
              encoded - trained, Seconds(CLOCK_MONOTONIC) - encoded,
              static_cast<double>(bytes) / static_cast<double>(data.num_rows),
              static_cast<double>(bytes) / static_cast<double>(data.rows.size() * 4));
}

int Main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: vector_bench ROWS.f32 QUERIES.f32 DIM [PARTITIONS [QUERIES [BITS [THREADS]]]]\n");
    return 2;
  }
  const auto number = [&](int at, size_t fallback) {
    return argc > at ? static_cast<size_t>(std::atoll(argv[at])) : fallback;
  };
  Data data;
  data.dim = number(3, 384);
  data.rows = ReadFloats(argv[1], data.dim);
  data.queries = ReadFloats(argv[2], data.dim);
  data.num_rows = data.rows.size() / data.dim;
  data.num_queries = std::min(data.queries.size() / data.dim, number(5, 250));
  const size_t partitions = number(4, std::max<size_t>(1, data.num_rows / 120));
  const std::string folder = std::filesystem::temp_directory_path() / ("vector_bench." + std::to_string(getpid()));
  auto files = std::make_shared<table::FileCache>(PosixFileSystem(), 16);
  OrExit(files->fs().CreateFolders(folder));
  std::printf("%zu rows, %zu queries, %zu partitions\n", data.num_rows, data.num_queries, partitions);
  Build(files, folder, data, partitions, static_cast<unsigned>(number(6, 5)), static_cast<int>(number(7, 1)));
  const auto exact = ExactAnswers(data);
  const double opened = Seconds(CLOCK_MONOTONIC);
  const auto index = OrExit(VectorIndex::Open(files, folder));
  RowMask mask;
  mask.Add(0, std::vector<uint64_t>(data.num_rows / 64 + 1, ~uint64_t{0}));
  OrExit(index->Search(data.query(0), {}, mask));
  std::printf("open and first answer: %.2f ms\n", (Seconds(CLOCK_MONOTONIC) - opened) * 1e3);
  for (const size_t nprobes : {8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512}) {
    if (nprobes > partitions) break;
    for (const size_t keep : {10, 12, 15, 20}) {
      for (const float slack : {0.3f, 0.5f, 0.7f, 1.0f}) {
        const Run run = Ask(*index, data, mask, {.keep = keep, .nprobes = nprobes, .slack = slack}, exact);
        std::printf("nprobes %4zu keep %2zu slack %.1f: recall %.4f, %6.0f queries a CPU second\n", nprobes, keep,
                    static_cast<double>(slack), run.recall, run.queries_per_second);
      }
    }
  }
  OrExit(files->fs().RemoveAll(folder));
  return 0;
}

}  // namespace
}  // namespace squire::vector

int main(int argc, char** argv) { return squire::vector::Main(argc, argv); }
