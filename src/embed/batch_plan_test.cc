#include "embed/batch_plan.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <set>

namespace squire::embed {
namespace {

TEST(PlanBatches, HoldsEachTextOnceInFewShapes) {
  std::mt19937 random(5);
  std::vector<uint32_t> lengths;
  for (int i = 0; i < 5000; ++i) lengths.push_back(i % 3 == 0 ? 256 : 2 + random() % 255);
  const auto batches = PlanBatches(lengths, 2048);
  std::vector<int> seen(lengths.size());
  std::set<std::pair<size_t, uint32_t>> shapes;
  uint64_t tokens = 0;
  uint64_t padded = 0;
  for (const PlannedBatch& batch : batches) {
    EXPECT_TRUE(std::has_single_bit(batch.texts.size()));
    EXPECT_EQ(batch.length % 8, 0u);
    EXPECT_LE(batch.texts.size() * batch.length, 2048u);
    padded += batch.texts.size() * batch.length;
    shapes.emplace(batch.texts.size(), batch.length);
    for (const uint32_t text : batch.texts) {
      ++seen[text];
      EXPECT_LE(lengths[text], batch.length);
      tokens += lengths[text];
    }
  }
  EXPECT_EQ(seen, std::vector<int>(lengths.size(), 1));
  EXPECT_LE(static_cast<double>(padded) / static_cast<double>(tokens), 1.04);
  EXPECT_LE(shapes.size(), 32u * 5u);
}

TEST(PlanBatches, SmallInputs) {
  EXPECT_TRUE(PlanBatches({}, 2048).empty());
  const std::vector<uint32_t> mixed = {2, 256, 3};
  const auto batches = PlanBatches(mixed, 2048);
  ASSERT_EQ(batches.size(), 3u) << "a short text is not padded to a long one; 3 and 2 pad 3 of 16, more than a twelfth";
  EXPECT_EQ(batches[0].texts, std::vector<uint32_t>{1});
  const std::vector<uint32_t> one = {300};
  EXPECT_EQ(PlanBatches(one, 128).size(), 1u) << "a text longer than a batch goes alone";
}

}  // namespace
}  // namespace squire::embed
