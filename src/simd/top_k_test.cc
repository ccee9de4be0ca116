#include "simd/top_k.h"

#include <gtest/gtest.h>

#include <random>

namespace squire::simd {
namespace {

std::vector<Neighbor> Sorted(std::vector<Neighbor> all, size_t k) {
  std::erase_if(all, [](const Neighbor& n) { return std::isnan(n.distance); });
  std::sort(all.begin(), all.end());
  if (all.size() > k) all.resize(k);
  return all;
}

TEST(TopK, EqualsASortWhateverTheOrder) {
  std::mt19937 random(7);
  for (size_t k : {0u, 1u, 2u, 10u, 100u, 5000u}) {
    std::vector<Neighbor> all;
    for (uint64_t row = 0; row < 1000; ++row) all.push_back({static_cast<float>(random() % 50), row});
    all.push_back({std::numeric_limits<float>::quiet_NaN(), 1000});
    all.push_back({std::numeric_limits<float>::infinity(), 1001});
    const auto expected = Sorted(all, k);
    for (int round = 0; round < 3; ++round) {
      std::shuffle(all.begin(), all.end(), random);
      TopK top(k);
      for (const Neighbor& n : all) top.Push(n.distance, n.row);
      EXPECT_EQ(top.Take(), expected) << k;
    }
  }
}

TEST(TopK, MergeOfPartsEqualsTheWhole) {
  std::mt19937 random(8);
  std::vector<Neighbor> all;
  TopK merged(20);
  for (int part = 0; part < 5; ++part) {
    TopK top(20, merged.bound());
    for (int i = 0; i < 100; ++i) {
      all.push_back({static_cast<float>(random() % 10), random() % 100000});
      top.Push(all.back().distance, all.back().row);
    }
    merged.Merge(top);
  }
  EXPECT_EQ(merged.Take(), Sorted(all, 20));
}

TEST(TopK, ZeroIsZero) {
  TopK top(1);
  top.Push(0.0f, 9);
  top.Push(-0.0f, 3);
  EXPECT_EQ(top.Take().front().row, 3u);
}

}  // namespace
}  // namespace squire::simd
