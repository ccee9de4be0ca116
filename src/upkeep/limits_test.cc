// Bounds that users set: what passes them, and when the folder is looked at.

#include "upkeep/limits.h"

#include <gtest/gtest.h>

#include "io/faulty.h"
#include "io/memory.h"
#include "table/commit.h"
#include "upkeep/health_watch.h"

namespace squire::upkeep {
namespace {

constexpr char kRoot[] = "/t.lance";

TEST(CheckLimitsTest, TellsWhichBoundIsPassedAndTheWayOut) {
  constexpr uint64_t kBytes = 1000 << 20;
  const TableMeasures measures{.bytes = kBytes, .live_bytes = 400 << 20, .versions = 7, .free_bytes = 50};
  EXPECT_TRUE(CheckLimits(measures, {}));
  EXPECT_TRUE(
      CheckLimits(measures, {.max_bytes = kBytes, .max_bytes_per_live = 2.5, .max_versions = 7, .min_free_disk = 50}));
  const auto refused = [&](const TableLimits& limits, const char* name) {
    const auto checked = CheckLimits(measures, limits);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().code, Code::kOverBudget);
    EXPECT_NE(checked.error().message.find(name), std::string::npos) << checked.error().message;
    EXPECT_NE(checked.error().message.find("delete rows"), std::string::npos);
  };
  refused({.max_bytes = kBytes - 1}, "max_bytes");
  refused({.max_bytes_per_live = 2.4}, "max_bytes");
  refused({.max_versions = 6}, "max_versions");
  refused({.min_free_disk = 51}, "min_free_disk");
}

TEST(CheckLimitsTest, AMultipleHoldsFromSomeMegabytesOn) {
  const TableLimits limits{.max_bytes_per_live = 3};
  EXPECT_EQ(limits.BytesAllowed(0), kMultipleBytesMin);
  EXPECT_EQ(limits.BytesAllowed(kMultipleBytesMin), 3 * kMultipleBytesMin);
  EXPECT_EQ(TableLimits{}.BytesAllowed(1000), UINT64_MAX);
  EXPECT_EQ((TableLimits{.max_bytes = 1000, .max_bytes_per_live = 3}).BytesAllowed(1 << 30), 1000u);
}

class LimitGuardTest : public testing::Test {
 protected:
  LimitGuardTest() {
    auto created = table::CreateTable(std::make_shared<table::FileCache>(faulty_, 4), kRoot,
                                      Schema{{{"id", TypeId::kInt64, true, {}}}, {}});
    EXPECT_TRUE(created);
    snapshot_ = *created;
  }
  void NewVersion() {
    table::Change change;
    change.kind = table::Change::Kind::kRestore;
    change.restored = snapshot_;
    auto committed = table::Commit(snapshot_, std::move(change));
    ASSERT_TRUE(committed) << committed.error().ToString();
    snapshot_ = *committed;
  }
  int64_t Lists(LimitGuard& guard) {
    faulty_.Arm({});
    EXPECT_TRUE(guard.Check(snapshot_, [] {}));
    return faulty_.calls()[FileCall::kList];
  }

  MemoryFileSystem disk_;
  FaultyFileSystem faulty_{disk_};
  std::shared_ptr<const table::Snapshot> snapshot_;
};

TEST_F(LimitGuardTest, MeasuresOnlyNearABound) {
  LimitGuard none(TableLimits{});
  EXPECT_EQ(Lists(none), 0);
  LimitGuard guard({.max_bytes = 1 << 20});
  EXPECT_GT(Lists(guard), 0);
  NewVersion();
  EXPECT_EQ(Lists(guard), 0);
  for (int i = 0; i < 8; i++) NewVersion();
  EXPECT_GT(Lists(guard), 0) << "others may have written too";
  LimitGuard near({.max_bytes = Measure(*snapshot_)->bytes + 100});
  EXPECT_GT(Lists(near), 0);
  EXPECT_GT(Lists(near), 0);
}

TEST_F(LimitGuardTest, MakesRoomBeforeItRefuses) {
  NewVersion();
  NewVersion();
  LimitGuard guard({.max_versions = 2});
  int calls = 0;
  EXPECT_EQ(guard.Check(snapshot_, [&] { calls++; }).error().code, Code::kOverBudget);
  EXPECT_EQ(calls, 1);
  const auto make_room = [&] {
    ASSERT_TRUE(disk_.Remove(snapshot_->paths().Manifest(1)));
    calls++;
  };
  EXPECT_TRUE(guard.Check(snapshot_, make_room));
  EXPECT_EQ(calls, 2);
}

TEST_F(LimitGuardTest, GoesOnWhileRoomIsMade) {
  for (int i = 0; i < 6; i++) NewVersion();
  LimitGuard guard({.max_versions = 2});
  uint64_t gone = 0;
  EXPECT_TRUE(guard.Check(snapshot_, [&] { ASSERT_TRUE(disk_.Remove(snapshot_->paths().Manifest(++gone))); }));
  EXPECT_EQ(gone, 5u);
}

TEST_F(LimitGuardTest, AHandleKeepsTheRecordOfATableOfOurs) {
  const Error full = FromErrno(ENOSPC, "cannot write", "/t.lance/data/x");
  HealthWatch watch(faulty_, kRoot, true);
  watch.Succeeded(HealthStage::kCommit);
  EXPECT_TRUE(disk_.Stat(HealthPath(kRoot)));
  faulty_.Arm({});
  watch.Succeeded(HealthStage::kCommit);
  EXPECT_EQ(faulty_.calls()[FileCall::kWriteInPlace] + faulty_.calls()[FileCall::kCreate], 0) << "all is green";
  watch.Failed(HealthStage::kCommit, InvalidArgument("no such column"));
  EXPECT_FALSE(watch.Look(*snapshot_).red);
  watch.Failed(HealthStage::kCommit, full);
  EXPECT_TRUE(watch.Look(*snapshot_).red);

  HealthWatch other(faulty_, kRoot, true);  // of another process, opened later
  const TableHealth health = other.Look(*snapshot_);
  EXPECT_TRUE(health.red);
  EXPECT_TRUE(health.recorded);
  EXPECT_EQ(health.measures.versions, 1u);
  EXPECT_GT(health.measures.bytes, 0u);
  other.Succeeded(HealthStage::kCommit);
  EXPECT_FALSE(watch.Look(*snapshot_).red);
  EXPECT_FALSE(ReadHealth(disk_, kRoot)->red);
}

TEST_F(LimitGuardTest, OnStrangersTablesNothingIsWritten) {
  HealthWatch watch(faulty_, kRoot, false);
  watch.Failed(HealthStage::kPrune, FromErrno(EIO, "cannot list", kRoot));
  watch.Save();
  EXPECT_TRUE(watch.Look(*snapshot_).red);
  EXPECT_FALSE(disk_.Stat(OwnFolder(kRoot)));
}

TEST_F(LimitGuardTest, ATableThatDoesNotOpenIsRed) {
  EXPECT_EQ(ReadHealth(disk_, "/none.lance").error().code, Code::kNotFound);
  const auto health = ReadHealth(disk_, kRoot);
  ASSERT_TRUE(health);
  EXPECT_FALSE(health->red);
  ASSERT_TRUE(disk_.Replace(snapshot_->paths().Manifest(1), AsBytes("torn")));
  EXPECT_TRUE(ReadHealth(disk_, kRoot)->red);
}

TEST_F(LimitGuardTest, AFullDiskIsFoundOutByTryingWhereThereIsNoRecord) {
  disk_.set_capacity_bytes(disk_.bytes_used());
  HealthWatch watch(disk_, kRoot, true);
  EXPECT_TRUE(watch.Look(*snapshot_).red);
  disk_.set_capacity_bytes(UINT64_MAX);
  watch.Succeeded(HealthStage::kCommit);
  EXPECT_FALSE(watch.Look(*snapshot_).red);
}

}  // namespace
}  // namespace squire::upkeep
