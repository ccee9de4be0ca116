#include "index/vector/exact.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <thread>

namespace squire::vector {
namespace {

using simd::Metric;
using simd::Neighbor;

// A page as a table file has it: rows of one control byte and `dim` floats.
struct Page {
  Page(size_t rows, size_t dimension, uint64_t seed) : dim(dimension), count(rows), bytes(rows * (1 + 4 * dimension)) {
    std::mt19937 random(static_cast<uint32_t>(seed));
    live.resize(CeilDiv(rows, 64));
    for (size_t r = 0; r < rows; ++r) {
      bytes[r * stride()] = random() % 10 == 0;
      if (random() % 7 != 0) live[r / 64] |= uint64_t{1} << (r % 64);
      // Few distinct values, so that distances tie.
      for (size_t i = 0; i < dim; ++i) Store(&bytes[r * stride() + 1 + 4 * i], static_cast<float>(random() % 3));
    }
  }
  [[nodiscard]] size_t stride() const { return 1 + 4 * dim; }
  [[nodiscard]] bool Counts(size_t r) const { return bytes[r * stride()] == 0 && (live[r / 64] >> (r % 64) & 1); }
  [[nodiscard]] RowBlock Block(size_t begin, size_t rows) const {
    return {.bytes = Bytes(bytes).subspan(begin * stride(), rows * stride()),
            .count = rows,
            .stride_bytes = stride(),
            .value_offset = 1,
            .has_control = true,
            .first_row = 1000 + begin,
            .live = std::span(live).subspan(begin / 64)};
  }

  size_t dim, count;
  std::vector<uint8_t> bytes;
  std::vector<uint64_t> live;
};

double Distance(const Page& page, size_t r, const std::vector<float>& query, Metric metric) {
  double l2 = 0, dot = 0, q2 = 0, x2 = 0;
  for (size_t i = 0; i < page.dim; ++i) {
    const double q = query[i], x = Load<float>(&page.bytes[r * page.stride() + 1 + 4 * i]);
    l2 += (q - x) * (q - x), dot += q * x, q2 += q * q, x2 += x * x;
  }
  if (metric == Metric::kL2) return l2;
  if (metric == Metric::kDot) return 1 - dot;
  return q2 * x2 == 0 ? 1 : 1 - dot / std::sqrt(q2 * x2);
}

std::vector<Neighbor> Reference(const Page& page, const std::vector<float>& query, Metric metric, size_t k) {
  std::vector<Neighbor> all;
  for (size_t r = 0; r < page.count; ++r) {
    if (page.Counts(r)) all.push_back({static_cast<float>(Distance(page, r, query, metric)), 1000 + r});
  }
  std::sort(all.begin(), all.end());
  if (all.size() > k) all.resize(k);
  return all;
}

TEST(ExactSearch, EqualsASortOverPagesOfEveryCut) {
  for (size_t dim : {1u, 3u, 8u, 17u}) {
    const Page page(700, dim, dim);
    const std::vector<float> query(dim, 1.0f);
    for (Metric metric : {Metric::kL2, Metric::kDot}) {  // whole numbers here, so exact whatever the order of adding
      for (size_t k : {0u, 1u, 10u, 1000u}) {
        const auto expected = Reference(page, query, metric, k);
        for (size_t cut : {64u, 128u, 704u}) {
          auto search = *ExactSearch::Make(metric, query, k);
          for (size_t at = 0; at < page.count; at += cut) {
            ASSERT_TRUE(search.AddBlock(page.Block(at, std::min(cut, page.count - at))));
          }
          EXPECT_EQ(search.Take(), expected) << dim << " " << k << " " << cut;
        }
      }
    }
  }
}

TEST(ExactSearch, FewRowsOfABlockAndRowsByThemselves) {
  const Page whole(700, 9, 3);
  const std::vector<float> query(9, 1.0f);
  for (const unsigned one_of : {1u, 2u, 5u, 40u, 800u}) {
    Page page = whole;
    for (size_t r = 0; r < page.count; ++r)
      if (r % one_of != 0) page.live[r / 64] &= ~(uint64_t{1} << (r % 64));
    const auto expected = Reference(page, query, Metric::kL2, 12);
    auto search = *ExactSearch::Make(Metric::kL2, query, 12);
    ASSERT_TRUE(search.AddBlock(page.Block(0, page.count)));
    EXPECT_EQ(search.Take(), expected) << one_of;
    std::vector<const uint8_t*> rows;
    std::vector<uint64_t> ids;
    for (size_t r = 0; r < page.count; ++r) {
      if (!page.Counts(r)) continue;
      rows.push_back(&page.bytes[r * page.stride() + 1]);
      ids.push_back(1000 + r);
    }
    search.AddRows(rows, ids);
    EXPECT_EQ(search.Take(), expected) << one_of;
  }
}

TEST(ExactSearch, CosineIsNearTheFormula) {
  const Page page(300, 24, 9);
  std::vector<float> query(24);
  for (size_t i = 0; i < 24; ++i) query[i] = static_cast<float>(i) - 7.5f;
  auto search = *ExactSearch::Make(Metric::kCosine, query, 20);
  ASSERT_TRUE(search.AddBlock(page.Block(0, 300)));
  const auto got = search.Take();
  const auto expected = Reference(page, query, Metric::kCosine, 20);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i].distance, expected[i].distance, 1e-5);
}

TEST(ExactSearch, ThreadsChangeNothing) {
  const Page page(64 * 60, 5, 4);
  const std::vector<float> query = {0, 1, 2, 1, 0};
  auto search = *ExactSearch::Make(Metric::kL2, query, 25);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t at = 64 * t; at < page.count; at += 256) EXPECT_TRUE(search.AddBlock(page.Block(at, 64)));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(search.Take(), Reference(page, query, Metric::kL2, 25));
}

TEST(ExactSearch, PlainArraysAndNumbersThatAreNone) {
  const float rows[4] = {3, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1};
  auto search = *ExactSearch::Make(Metric::kL2, std::vector<float>{1}, 10);
  const auto* bytes = reinterpret_cast<const uint8_t*>(rows);
  ASSERT_TRUE(search.AddBlock({.bytes = {bytes, 16}, .count = 4, .stride_bytes = 4}));
  const auto got = search.Take();
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0], (Neighbor{0, 3}));
  EXPECT_EQ(got[1], (Neighbor{4, 0}));
  EXPECT_EQ(got[2].row, 2u);
}

TEST(ExactSearch, WhatDoesNotFitIsRefused) {
  auto search = *ExactSearch::Make(Metric::kL2, std::vector<float>{1, 2}, 3);
  const std::vector<uint8_t> bytes(27);
  const std::vector<uint64_t> word(1);
  const auto code = [&](RowBlock block) {
    block.bytes = bytes;
    const auto result = search.AddBlock(block);
    return result ? Code::kInternal : result.error().code;
  };
  EXPECT_EQ(code({.count = 3, .stride_bytes = 9, .value_offset = 1}), Code::kInternal);  // fits to the byte
  EXPECT_EQ(code({.count = 3, .stride_bytes = 9, .value_offset = 2}), Code::kCorruption);
  EXPECT_EQ(code({.count = 4, .stride_bytes = 9}), Code::kCorruption);
  EXPECT_EQ(code({.count = 2, .stride_bytes = 0}), Code::kCorruption);
  EXPECT_EQ(code({.count = ~size_t{0}, .stride_bytes = ~size_t{0}}), Code::kCorruption);
  EXPECT_EQ(code({.count = 1, .stride_bytes = 8, .value_offset = ~size_t{0}}), Code::kCorruption);
  EXPECT_EQ(ExactSearch::Make(Metric::kL2, {}, 3).error().code, Code::kInvalidArgument);
  const std::vector<float> bad = {1, std::numeric_limits<float>::infinity()};
  EXPECT_EQ(ExactSearch::Make(Metric::kL2, bad, 3).error().code, Code::kInvalidArgument);
  const std::vector<uint8_t> many(8 * 65);
  EXPECT_EQ(search.AddBlock({.bytes = many, .count = 65, .stride_bytes = 8, .live = word}).error().code,
            Code::kCorruption);
}

}  // namespace
}  // namespace squire::vector
