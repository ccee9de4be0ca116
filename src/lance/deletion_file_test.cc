#include "lance/deletion_file.h"

#include <gtest/gtest.h>

#include <random>

namespace squire::lance {
namespace {

TEST(RowSetTest, RoaringRoundTrip) {
  std::mt19937 random(7);
  for (uint64_t size : {1u, 100u, 70'000u, 200'000u}) {
    for (uint32_t one_in : {1u, 2u, 50u, 5000u}) {
      RowSet rows(size);
      for (uint64_t row = 0; row < size; row++) {
        if (random() % one_in == 0) rows.Add(row);
      }
      auto back = ParseRoaring(SerializeRoaring(rows), size);
      ASSERT_TRUE(back) << back.error().ToString();
      EXPECT_EQ(back->count(), rows.count());
      EXPECT_TRUE(std::ranges::equal(back->words(), rows.words()));
    }
  }
}

TEST(RowSetTest, RefusesWhatDoesNotFit) {
  RowSet rows(100);
  rows.Add(99);
  auto bytes = SerializeRoaring(rows);
  EXPECT_EQ(ParseRoaring(bytes, 99).error().code, Code::kCorruption);
  for (size_t size = 0; size < bytes.size(); size++) {
    EXPECT_FALSE(ParseRoaring(Bytes(bytes).first(size), 100)) << size;
  }
  EXPECT_FALSE(ParseArrowDeletions(bytes, 100));
}

TEST(RowSetTest, RemovesAllOfAnother) {
  RowSet rows(200), other(200);
  for (uint64_t row : {3u, 64u, 199u}) rows.Add(row);
  for (uint64_t row : {4u, 64u}) other.Add(row);
  rows.RemoveAll(other);
  EXPECT_EQ(rows.count(), 2u);
  EXPECT_TRUE(rows.Contains(3) && !rows.Contains(4) && !rows.Contains(64) && rows.Contains(199));
}

TEST(RowSetTest, RunContainers) {
  // cookie with runs, one container: flags 1; key 0, cardinality 5; one run from 10, four more
  const std::vector<uint8_t> bytes = {0x3b, 0x30, 0, 0, 1, 0, 0, 4, 0, 1, 0, 10, 0, 4, 0};
  auto rows = ParseRoaring(bytes, 100);
  ASSERT_TRUE(rows) << rows.error().ToString();
  EXPECT_EQ(rows->count(), 5u);
  EXPECT_TRUE(rows->Contains(10) && rows->Contains(14) && !rows->Contains(15));
}

}  // namespace
}  // namespace squire::lance
