// A small disk, filled by the table itself and by others: writes go on while old versions can make room for them, and
// what fails changes nothing.

#include <gtest/gtest.h>

#include "engine/table_impl.h"
#include "engine/testbed.h"

namespace squire::testbed {
namespace {

constexpr uint64_t kMiB = 1 << 20;

/// `count` rows of 10 kB that do not compress.
Batch BigRows(const std::string& prefix, int count, uint64_t seed = 1) {
  ArrayBuilder id(TypeId::kString), text(TypeId::kString);
  for (int i = 0; i < count; i++) {
    id.AppendText(prefix + "#" + std::to_string(i));
    std::string noise(10'000, ' ');
    for (char& c : noise) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      c = static_cast<char>(' ' + (seed >> 33) % 90);
    }
    text.AppendText(noise);
  }
  const Schema schema{{{"id", TypeId::kString, false, {}}, {"text", TypeId::kString, true, {}}}, {}};
  return {schema, {*id.Finish(), *text.Finish()}, count};
}

TEST(FullDiskTest, WritesGoOnWhileOldVersionsMakeRoom) {
  MemoryFileSystem fs({.capacity_bytes = 5 * kMiB});
  const Batch rows = BigRows("a", 100);
  auto table = TableAccess::Create(fs, kRoot, rows.schema);
  ASSERT_TRUE(table);
  for (int i = 0; i < 30; i++) {
    const auto done = table->UpsertByKey("id", BigRows("a", 100, static_cast<uint64_t>(i)));
    ASSERT_TRUE(done) << i << ": " << done.error().ToString();
  }
  EXPECT_EQ(table->CountRows(), 100);
  EXPECT_FALSE(table->Health().red);
}

class BallastTest : public testing::Test {
 protected:
  /// A table on a disk without a free byte; nothing of it can go but the ballast.
  BallastTest() {
    for (int i = 0; i < 4; i++) EXPECT_TRUE(table_->Append(BigRows("a" + std::to_string(i), 150)));
    EXPECT_TRUE(table_->Optimize({}));
    fs_.set_capacity_bytes(fs_.bytes_used());
  }

  MemoryFileSystem fs_;
  Result<Table> table_ = TableAccess::Create(fs_, kRoot, BigRows("a", 1).schema);
};

TEST_F(BallastTest, WritesThatFailDoNotEatItUp) {
  const auto before = Contents(*table_);
  for (int i = 0; i < 5; i++) EXPECT_EQ(table_->Append(BigRows("c", 10)).error().code, Code::kNoSpace);
  EXPECT_TRUE(table_->Health().red);
  EXPECT_EQ(*Contents(*table_), *before);
  ASSERT_TRUE(table_->Prune({}));
  EXPECT_TRUE(table_->Append(BigRows("c", 10))) << "room for a small write after upkeep";
  EXPECT_FALSE(table_->Health().red);
}

TEST_F(BallastTest, ADeleteHasIt) {
  ASSERT_TRUE(table_->Delete("id = 'a1#3'"));
  EXPECT_EQ(table_->CountRows(), 599);
  EXPECT_FALSE(table_->Health().red);
}

TEST_F(BallastTest, ADeleteByKeysHasIt) {
  ArrayBuilder keys(TypeId::kString);
  keys.AppendText("a2#7");
  ASSERT_TRUE(table_->DeleteKeys("id", *keys.Finish()));
  EXPECT_EQ(table_->CountRows(), 599);
}

TEST(FullDiskTest, ACompactionThatDoesNotFitWritesNothing) {
  MemoryFileSystem fs;
  auto table = TableAccess::Create(fs, kRoot, BigRows("a", 1).schema);
  ASSERT_TRUE(table);
  for (int i = 0; i < 4; i++) ASSERT_TRUE(table->Append(BigRows("a" + std::to_string(i), 100)));
  ASSERT_TRUE(table->Prune({}));
  fs.set_capacity_bytes(fs.bytes_used() + kMiB);
  const uint64_t version = table->version();
  const auto done = table->Compact();
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_NE(done->put_off.find("a compaction is to write"), std::string::npos) << done->put_off;
  EXPECT_EQ(table->version(), version);
}

}  // namespace
}  // namespace squire::testbed
