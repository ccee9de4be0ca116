#include "query/fuse.h"

#include <gtest/gtest.h>

namespace squire {
namespace {

TEST(FuseRanks, RowsInBothListsComeFirst) {
  const std::vector<uint64_t> a = {1, 2, 3}, b = {4, 2, 5};
  const auto fused = FuseRanks(std::vector<RankedList>{{a}, {b}}, 10);
  ASSERT_EQ(fused.size(), 5u);
  EXPECT_EQ(fused[0].row, 2u);
  EXPECT_DOUBLE_EQ(fused[0].score, 2.0 / 62);
  EXPECT_EQ(fused[1], (FusedRow{1, 1.0 / 61}));  // equal scores: by row
  EXPECT_EQ(fused[2], (FusedRow{4, 1.0 / 61}));
  EXPECT_EQ(fused[3].row, 3u);
  EXPECT_EQ(fused[4].row, 5u);
}

TEST(FuseRanks, WeightsCountAndKCuts) {
  const std::vector<uint64_t> a = {7, 8}, b = {9};
  const auto fused = FuseRanks(std::vector<RankedList>{{a, 0.5}, {b, 2}}, 2);
  ASSERT_EQ(fused.size(), 2u);
  EXPECT_EQ(fused[0].row, 9u);
  EXPECT_EQ(fused[1].row, 7u);
}

TEST(FuseRanks, EmptyAndRepeated) {
  EXPECT_TRUE(FuseRanks({}, 5).empty());
  const std::vector<uint64_t> rows = {3, 3, 3};
  EXPECT_TRUE(FuseRanks(std::vector<RankedList>{{rows}}, 0).empty());
  const auto fused = FuseRanks(std::vector<RankedList>{{rows}, {}}, 5);
  ASSERT_EQ(fused.size(), 1u);
  EXPECT_DOUBLE_EQ(fused[0].score, 1.0 / 61);
}

}  // namespace
}  // namespace squire
