#include "upkeep/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "io/faulty.h"
#include "io/memory.h"
#include "upkeep/ballast.h"
#include "upkeep/test_table.h"

namespace squire::upkeep {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int kCommits = 20;  // so many small fragments that they are to be merged

/// What is logged while it lives.
class Logged {
 public:
  Logged() {
    SetLogSink(LogLevel::kInfo, [this](LogLevel level, std::string_view sentence) {
      (level == LogLevel::kInfo ? infos : warnings).emplace_back(sentence);
    });
  }
  ~Logged() { SetLogSink(LogLevel::kOff, {}); }
  Logged(const Logged&) = delete;
  Logged& operator=(const Logged&) = delete;

  std::vector<std::string> infos, warnings;
};

class KeeperTest : public testing::Test {
 protected:
  KeeperTest() {
    for (int i = 0; i < kCommits; i++) EXPECT_TRUE(table_.Commit(/*replaces=*/false));
  }

  MemoryFileSystem disk_;
  FaultyFileSystem fs_{disk_};
  TestTable table_{fs_};
  HealthWatch health_{fs_, kTestRoot, /*owned=*/true};
  Keeper keeper_{fs_, kTestRoot, health_};
};

TEST_F(KeeperTest, TellsWhatItWillDoAndWhatItDid) {
  const Logged logged;
  auto current = table_.Open();
  keeper_.AfterCommit(current);
  EXPECT_LT(current->num_fragments(), kCommits);
  EXPECT_GT(keeper_.versions_made(), 0u);
  const std::string root(kTestRoot);
  EXPECT_THAT(logged.infos, Contains(StartsWith(root + ": will compact 20 fragments, ")));
  EXPECT_THAT(logged.infos, Contains(StartsWith(root + ": compacted 20 fragments: ")));
  EXPECT_THAT(logged.infos, Contains(AllOf(StartsWith(root + ": will prune "), HasSubstr("of 21 versions: "))));
  EXPECT_THAT(logged.infos, Contains(StartsWith(root + ": prune freed ")));
  EXPECT_TRUE(logged.warnings.empty());
}

TEST_F(KeeperTest, ADryRunTellsNothingAndIsNoSuccess) {
  const Error error = FromErrno(EIO, "cannot read", "x");
  health_.Failed(HealthStage::kPrune, error);
  const Logged logged;
  const auto current = table_.Open();
  const UpkeepReport report = keeper_.Prune(*current, {.dry_run = true});
  EXPECT_EQ(report.pruned.versions_removed, static_cast<uint64_t>(kCommits));
  EXPECT_TRUE(health_.IsRed(HealthStage::kPrune));
  EXPECT_TRUE(logged.infos.empty());
  keeper_.Prune(*current, {});
  EXPECT_FALSE(health_.IsRed(HealthStage::kPrune));
  EXPECT_THAT(logged.infos, Contains(HasSubstr("will prune 20 of 21 versions: 40 files, ")));
}

TEST_F(KeeperTest, FailuresAreToldWithTheirCode) {
  const Logged logged;
  auto current = table_.Open();
  fs_.Arm({Fault::kNoSpace, 1, /*persistent=*/true, 0});
  const UpkeepReport report = keeper_.Compact(current);
  fs_.Disarm();
  ASSERT_TRUE(report.put_off[static_cast<size_t>(Stage::kCompact)]);
  EXPECT_THAT(logged.warnings, Contains(AllOf(HasSubstr(": compact failed"), HasSubstr("NoSpace"))));
  EXPECT_TRUE(health_.IsRed(HealthStage::kCompact));
}

/// What a merge needs is there once the ballast is gone.
TEST_F(KeeperTest, AStageThatMeetsAFullDiskGivesUpTheBallast) {
  ASSERT_GT(*EnsureBallast(fs_, kTestRoot, 1 << 20), 0u);
  disk_.set_capacity_bytes(disk_.bytes_used());
  const Logged logged;
  auto current = table_.Open();
  const UpkeepReport report = keeper_.Compact(current);
  const auto& put_off = report.put_off[static_cast<size_t>(Stage::kCompact)];
  EXPECT_FALSE(put_off) << put_off->ToString();
  EXPECT_EQ(current->num_fragments(), 1u);
  EXPECT_THAT(logged.infos, Contains(HasSubstr("gives up the ballast")));
  EXPECT_EQ(disk_.Stat(BallastPath(kTestRoot)).error().code, Code::kNotFound);
}

TEST_F(KeeperTest, ALookMeasuresTheTable) {
  auto current = table_.Open();
  keeper_.AfterCommit(current);
  const TableMeasures measures = HealthRecord::Load(fs_, kTestRoot).measures();
  EXPECT_GT(measures.live_bytes, 0u);
  EXPECT_GT(measures.bytes, measures.live_bytes);
  EXPECT_GT(measures.free_bytes, 0u);
  EXPECT_GT(measures.measured_ns, 0);
}

}  // namespace
}  // namespace squire::upkeep
