// Exact scan of 60,000 rows of 384 floats, for each instruction set, beside a plain read of the same memory.
// Usage: simd_bench [ROWS [DIM]]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>

#include "base/bytes.h"
#include "simd/distance.h"
#include "simd/top_k.h"

namespace squire::simd {
namespace {

// The best of seven runs, in ns.
double BestNs(const std::function<void()>& run) {
  double best = 1e300;
  for (int round = 0; round < 7; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

uint64_t SumWords(const uint8_t* bytes, size_t size) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i + 64 <= size; i += 64) {
    for (size_t j = 0; j < 8; ++j) sums[j] += Load<uint64_t>(bytes + i + 8 * j);
  }
  return sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}

void Report(const char* what, double ns, size_t rows, size_t bytes) {
  std::printf("%-28s %8.1f ns/row %7.2f GB/s\n", what, ns / static_cast<double>(rows), static_cast<double>(bytes) / ns);
}

void BenchScan(const Kernels& kernels, size_t rows, size_t dim, size_t lead) {
  const size_t stride = 4 * dim + lead;
  std::vector<uint8_t> bytes(lead + rows * stride);
  std::mt19937 random(1);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < dim; ++i) {
      Store(&bytes[lead + r * stride + 4 * i], static_cast<float>(random()) / 4e9f - 0.5f);
    }
  }
  uint64_t sum = 0;
  Report("plain read", BestNs([&] { sum += SumWords(bytes.data(), bytes.size()); }), rows, bytes.size());
  const std::vector<float> query(dim, 0.25f);
  std::vector<float> out(256);
  for (Metric metric : {Metric::kL2, Metric::kDot, Metric::kCosine}) {
    const DistanceTo distance(metric, query, kernels);
    const double ns = BestNs([&] {
      TopK top(10);
      for (size_t r = 0; r < rows; r += 256) {
        const size_t count = std::min<size_t>(256, rows - r);
        distance.Measure(&bytes[lead + r * stride], stride, count, out.data());
        for (size_t i = 0; i < count; ++i) top.Push(out[i], r + i);
      }
      sum += top.Take().front().row;
    });
    const std::string name = std::string(IsaName(kernels.isa)) + " " + std::string(MetricName(metric)) + " top 10" +
                             (lead ? ", odd stride" : "");
    Report(name.c_str(), ns, rows, bytes.size());
  }
  if (sum == 42) std::printf("\n");  // keeps the sums alive
}

void BenchUnpack(const Kernels& kernels) {
  std::vector<uint8_t> packed(8192), out(8192);
  for (unsigned bits : {8u, 16u, 32u, 64u}) {
    const double ns = BestNs([&] {
      for (int i = 0; i < 1000; ++i) kernels.unpack1024(packed.data(), bits, bits / 2 + 1, out.data());
    });
    std::printf("%-7s unpack %2u of %2u bits %8.3f ns/value\n", std::string(IsaName(kernels.isa)).c_str(), bits / 2 + 1,
                bits, ns / 1024e3);
  }
}

}  // namespace
}  // namespace squire::simd

int main(int argc, char** argv) {
  const size_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 60000;
  const size_t dim = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 384;
  for (const auto* kernels : squire::simd::RunnableKernels()) {
    squire::simd::BenchScan(*kernels, rows, dim, 0);
    squire::simd::BenchScan(*kernels, rows, dim, 1);
    squire::simd::BenchUnpack(*kernels);
  }
}
