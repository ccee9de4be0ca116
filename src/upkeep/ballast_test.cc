#include "upkeep/ballast.h"

#include <gtest/gtest.h>

#include "io/memory.h"

namespace squire::upkeep {
namespace {

constexpr char kRoot[] = "/t.lance";
constexpr uint64_t kMiB = 1 << 20;

TEST(BallastTest, IsAnEighthWithinBounds) {
  EXPECT_EQ(BallastBytesFor(0), kMiB);
  EXPECT_EQ(BallastBytesFor(64 * kMiB), 8 * kMiB);
  EXPECT_EQ(BallastBytesFor(UINT64_MAX), 16 * kMiB);
}

TEST(BallastTest, GivesRoomBackAndTakesItWhereThereIsPlenty) {
  MemoryFileSystem fs({.capacity_bytes = 8 * kMiB});
  ASSERT_TRUE(fs.CreateFolders(kRoot));
  EXPECT_EQ(*ReleaseBallast(fs, kRoot), 0u);
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 100, 5 * kMiB), 0u) << "too little is free";
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 100), kMiB);
  EXPECT_EQ(fs.bytes_used(), kMiB);
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 100), kMiB) << "it stays";
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 100 * kMiB), kMiB) << "no room for a larger one";
  fs.set_capacity_bytes(kMiB);
  EXPECT_EQ(*ReleaseBallast(fs, kRoot), kMiB);
  EXPECT_EQ(*fs.FreeBytes(kRoot), kMiB);
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 100), 0u);
  fs.set_capacity_bytes(200 * kMiB);
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 16 * kMiB), 2 * kMiB);
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 32 * kMiB), 2 * kMiB) << "not remade for every growth";
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 64 * kMiB), 2 * kMiB);
  EXPECT_EQ(*EnsureBallast(fs, kRoot, 128 * kMiB), 16 * kMiB);
  EXPECT_EQ(fs.bytes_used(), 16 * kMiB);
}

}  // namespace
}  // namespace squire::upkeep
