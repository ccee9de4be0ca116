// Codes, partitions and their files: what is written is read, what is near is found, what is damaged is an error.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "index/vector/code_layout.h"
#include "index/vector/ivf_builder.h"
#include "index/vector/vector_index.h"
#include "io/memory.h"
#include "simd/distance.h"

namespace squire::vector {
namespace {

using simd::Metric;

std::vector<float> Clusters(size_t rows, size_t dim, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> centers(20 * dim), out(rows * dim);
  for (float& value : centers) value = normal(random);
  for (size_t row = 0; row < rows; row++) {
    const size_t center = random() % 20;
    for (size_t i = 0; i < dim; i++) out[row * dim + i] = centers[center * dim + i] + 0.6f * normal(random);
  }
  return out;
}

TEST(CodeLayout, SignsComeBackFromFiles) {
  std::mt19937_64 random(1);
  for (size_t count : {0, 1, 31, 32, 33, 64, 100}) {
    for (size_t sign_bytes : {1, 3, 48}) {
      std::vector<uint8_t> rows(count * sign_bytes), packed(rows.size()), back(rows.size());
      for (uint8_t& byte : rows) byte = static_cast<uint8_t>(random());
      SignsToFile(rows, sign_bytes, packed.data());
      SignsFromFile(packed, sign_bytes, back.data());
      EXPECT_EQ(rows, back) << count << " rows of " << sign_bytes;
      const size_t padded = (count + kBlockRows - 1) / kBlockRows * kBlockRows;
      std::vector<uint8_t> blocks(padded * sign_bytes), others(blocks.size());
      SignsToBlocks(rows, sign_bytes, blocks.data());
      SignsFileToBlocks(packed, sign_bytes, others.data());
      EXPECT_EQ(blocks, others) << count << " rows of " << sign_bytes;
    }
  }
}

TEST(KMeans, FindsClearClustersOnAnyNumberOfThreads) {
  std::vector<float> rows;
  for (int i = 0; i < 300; i++) {
    const auto base = static_cast<float>(i % 3 * 10), part = static_cast<float>(i % 7) / 100;
    rows.insert(rows.end(), {base + part, base - part});
  }
  KMeansOptions options;
  options.count = 3;
  const Centers one = *TrainCenters(rows, 2, options);
  options.threads = 3;
  EXPECT_EQ(one.values, TrainCenters(rows, 2, options)->values);
  std::vector<uint32_t> nearest(300);
  ASSERT_TRUE(AssignRows(rows, one, 2, nearest));
  for (size_t i = 3; i < 300; i++) EXPECT_EQ(nearest[i], nearest[i % 3]);
  EXPECT_NE(nearest[0], nearest[1]);
}

TEST(KMeans, FewAndEqualRows) {
  KMeansOptions options;
  options.count = 8;
  EXPECT_EQ(TrainCenters({}, 4, options)->count(), 0u);
  EXPECT_EQ(TrainCenters(std::vector<float>(4, 1), 4, options)->count(), 1u);
  const Centers equal = *TrainCenters(std::vector<float>(400, 1), 4, options);
  EXPECT_EQ(equal.count(), 8u);
  for (float value : equal.values) EXPECT_NEAR(value, 1, 0.1);
}

struct Built {
  MemoryFileSystem fs;
  std::shared_ptr<table::FileCache> files = std::make_shared<table::FileCache>(fs, 8);
  std::vector<float> rows;
  size_t dim = 0;
  RowMask all;

  /// Row i has address i.
  void Build(const std::string& folder, std::vector<float> values, size_t width, Metric metric, unsigned bits,
             size_t partitions, size_t memory = 64 << 20) {
    rows = std::move(values);
    dim = width;
    const size_t count = rows.size() / dim;
    const Quantizer quantizer({dim, bits}, metric, Rotation::Random(dim, 3));
    std::vector<float> prepared = rows;
    for (size_t row = 0; row < count; row++)
      ASSERT_TRUE(quantizer.Prepare(std::span(prepared).subspan(row * dim, dim)));
    ASSERT_TRUE(fs.CreateFolders(folder));
    IvfBuilder builder(files, folder, quantizer, *TrainCenters(prepared, dim, {.count = partitions}), memory, 2);
    std::vector<uint64_t> addresses(count);
    std::iota(addresses.begin(), addresses.end(), uint64_t{0});
    for (size_t row = 0; row < count; row += 500) {
      const size_t some = std::min<size_t>(500, count - row);
      ASSERT_TRUE(
          builder.Add(std::span(prepared).subspan(row * dim, some * dim), std::span(addresses).subspan(row, some)));
    }
    ASSERT_TRUE(builder.Finish());
    all.Add(0, std::vector<uint64_t>(count / 64 + 1, ~uint64_t{0}));
  }
  [[nodiscard]] std::vector<uint64_t> Exact(std::span<const float> query, Metric metric, size_t k) const {
    const simd::DistanceTo distance(metric, query);
    std::vector<float> distances(rows.size() / dim);
    distance.Measure(reinterpret_cast<const uint8_t*>(rows.data()), 4 * dim, distances.size(), distances.data());
    simd::TopK top(k);
    for (size_t row = 0; row < distances.size(); row++) top.Push(distances[row], row);
    std::vector<uint64_t> out;
    for (const auto& near : top.Take()) out.push_back(near.row);
    return out;
  }
};

TEST(VectorIndex, FindsTheNearestByEveryMetricAndWidth) {
  for (const Metric metric : {Metric::kL2, Metric::kCosine, Metric::kDot}) {
    for (const unsigned bits : {1u, 4u, 5u, 9u}) {
      for (const size_t dim : {size_t{32}, size_t{72}}) {
        Built built;
        built.Build("/index", Clusters(3000, dim, 5), dim, metric, bits, 25);
        const auto index = *VectorIndex::Open(built.files, "/index");
        EXPECT_EQ(index->num_rows(), 3000u);
        const auto queries = Clusters(20, dim, 6);
        size_t found = 0;
        for (size_t q = 0; q < 20; q++) {
          const auto query = std::span(queries).subspan(q * dim, dim);
          const auto expected = built.Exact(query, metric, 10);
          ProbeOptions options;
          options.keep = bits == 1 ? 200 : 20;
          options.nprobes = 25;
          options.slack = 1;
          const auto candidates = *index->Search(query, options, built.all);
          for (const auto& near : candidates) found += static_cast<size_t>(std::ranges::count(expected, near.row));
        }
        EXPECT_GE(found, 190u) << simd::MetricName(metric) << ", " << bits << " bits, " << dim << " dimensions";
      }
    }
  }
}

TEST(VectorIndex, PartsThatDoNotFitMemoryMakeTheSameIndex) {
  Built small, large;
  small.Build("/index", Clusters(2000, 16, 7), 16, Metric::kL2, 5, 9, 1 << 14);
  large.Build("/index", Clusters(2000, 16, 7), 16, Metric::kL2, 5, 9);
  EXPECT_EQ(small.fs.List("/index")->size(), 2u);
  const auto a = IvfReader::Open(small.files, "/index"), b = IvfReader::Open(large.files, "/index");
  for (size_t partition = 0; partition < 9; partition++) {
    const CodeRows x = *a->Read(partition), y = *b->Read(partition);
    EXPECT_EQ(x.addresses, y.addresses);
    EXPECT_EQ(x.signs, y.signs);
    EXPECT_EQ(x.extra, y.extra);
    EXPECT_EQ(x.add_extra, y.add_extra);
  }
}

TEST(VectorIndex, MaskedRowsAreNoAnswerAndFreshOnesAre) {
  Built built;
  built.Build("/index", Clusters(1000, 24, 8), 24, Metric::kL2, 5, 8);
  const auto index = *VectorIndex::Open(built.files, "/index");
  const auto query = std::span(built.rows).subspan(24 * 77, 24);
  ProbeOptions options;
  options.nprobes = 8;
  EXPECT_EQ((*index->Search(query, options, built.all))[0].row, 77u);
  RowMask without;
  std::vector<uint64_t> words(16, ~uint64_t{0});
  words[77 / 64] &= ~(uint64_t{1} << (77 % 64));
  without.Add(0, words);
  const auto others = *index->Search(query, options, without);
  for (const auto& near : others) EXPECT_NE(near.row, 77u);
  const std::vector<uint64_t> address = {uint64_t{5} << 32 | 3};
  const Partition fresh = *index->Encode(query, address);
  without.Add(5, {8});
  const Partition* parts[] = {&fresh};
  EXPECT_EQ((*index->Search(query, options, without, parts))[0].row, address[0]);
  EXPECT_TRUE(index->Search(query, options, RowMask(), parts)->empty());
}

TEST(VectorIndex, RefusesQueriesThatAreNone) {
  Built built;
  built.Build("/index", Clusters(50, 8, 9), 8, Metric::kCosine, 5, 2);
  const auto index = *VectorIndex::Open(built.files, "/index");
  std::vector<float> query(8, 1);
  EXPECT_EQ(index->Search(std::span(query).first(7), {}, built.all).error().code, Code::kInvalidArgument);
  query[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(index->Search(query, {}, built.all).error().code, Code::kInvalidArgument);
}

TEST(VectorIndex, DamagedFilesAreErrorsOrAnswers) {
  Built built;
  built.Build("/index", Clusters(100, 8, 10), 8, Metric::kCosine, 5, 3);
  const std::vector<float> query(8, 1);
  std::mt19937_64 random(11);
  for (const char* name : {"index.idx", "auxiliary.idx"}) {
    const auto path = std::string("/index/") + name;
    const auto whole = *ReadWholeFile(built.fs, path);
    for (size_t round = 0; round < 400; round++) {
      auto bytes = whole;
      if (round % 8 == 0) {
        bytes.resize(random() % bytes.size());
      } else {  // half of them in the metadata at the end
        const size_t from = round % 2 == 0 ? 0 : bytes.size() - std::min<size_t>(bytes.size(), 1500);
        bytes[from + random() % (bytes.size() - from)] ^= static_cast<uint8_t>(1 + random() % 255);
      }
      ASSERT_TRUE(built.fs.Remove(path));
      auto file = *built.fs.Create(path);
      ASSERT_TRUE(file->Append(bytes) && file->Close());
      const auto files = std::make_shared<table::FileCache>(built.fs, 8);
      const auto index = VectorIndex::Open(files, "/index");
      if (!index || (*index)->dim() != 8) continue;
      ProbeOptions options;
      options.nprobes = 3;
      (void)(*index)->Search(query, options, built.all);
    }
    ASSERT_TRUE(built.fs.Remove(path));
    auto file = *built.fs.Create(path);
    ASSERT_TRUE(file->Append(whole) && file->Close());
  }
}

}  // namespace
}  // namespace squire::vector
