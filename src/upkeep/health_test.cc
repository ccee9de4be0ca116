// The health record: red and green, restarts, torn slots, full disks, several writers.

#include "upkeep/health.h"

#include <gtest/gtest.h>

#include <random>

#include "io/faulty.h"
#include "io/memory.h"

namespace squire::upkeep {
namespace {

constexpr char kRoot[] = "/t.lance";
constexpr int64_t kSecond = 1'000'000'000;

class HealthTest : public testing::Test {
 protected:
  HealthTest() { EXPECT_TRUE(fs_.CreateFolders(kRoot)); }
  [[nodiscard]] HealthRecord Load() { return HealthRecord::Load(fs_, kRoot); }
  [[nodiscard]] std::vector<uint8_t> File() { return *ReadWholeFile(fs_, HealthPath(kRoot)); }
  void Overwrite(const std::vector<uint8_t>& bytes) {
    ASSERT_TRUE(fs_.CreateFolders(OwnFolder(kRoot)));
    ASSERT_TRUE(fs_.Replace(HealthPath(kRoot), bytes));
  }

  MemoryFileSystem fs_;
};

Error Full() { return FromErrno(ENOSPC, "cannot write a page", "/t.lance/data/x.lance"); }

TEST_F(HealthTest, IsGreenUntilSomethingFails) {
  HealthRecord record = Load();
  EXPECT_FALSE(record.red());
  EXPECT_FALSE(record.found());
  record.RecordSuccess(HealthStage::kPrune, 5);
  EXPECT_FALSE(record.IsUrgent());
  record.RecordFailure(HealthStage::kCommit, Full(), 10 * kSecond);
  record.RecordFailure(HealthStage::kCommit, Full(), 11 * kSecond);
  EXPECT_TRUE(record.IsUrgent());
  ASSERT_TRUE(record.Save());

  HealthRecord again = Load();
  EXPECT_TRUE(again.red());
  EXPECT_TRUE(again.found());
  const StageHealth commit = again.Of(HealthStage::kCommit);
  EXPECT_TRUE(commit.red);
  EXPECT_EQ(commit.streak, 2u);
  EXPECT_EQ(commit.since_ns, 10 * kSecond);
  EXPECT_EQ(commit.last_attempt_ns, 11 * kSecond);
  EXPECT_EQ(commit.last_error->code, Code::kNoSpace);
  EXPECT_EQ(commit.last_error->message, "cannot write a page");
  EXPECT_TRUE(commit.last_error->retryable);
  EXPECT_EQ(again.Of(HealthStage::kPrune).last_success_ns, 5);

  again.RecordSuccess(HealthStage::kPrune, 12 * kSecond);
  EXPECT_FALSE(again.IsUrgent()) << "a success of another stage changes no colour";
  EXPECT_TRUE(again.red());
  again.RecordSuccess(HealthStage::kCommit, 12 * kSecond);
  EXPECT_TRUE(again.IsUrgent());
  EXPECT_FALSE(again.red());
  ASSERT_TRUE(again.Save());
  EXPECT_FALSE(Load().red());
  EXPECT_EQ(Load().Of(HealthStage::kCommit).last_error->code, Code::kNoSpace) << "told on, with its time";
  EXPECT_EQ(Load().Of(HealthStage::kCommit).streak, 0u);
}

TEST_F(HealthTest, RedSurvivesAFullDiskAndLostPower) {
  HealthRecord record = Load();
  record.RecordSuccess(HealthStage::kCommit);
  ASSERT_TRUE(record.Save());
  ASSERT_TRUE(fs_.SyncAll("/"));
  fs_.set_capacity_bytes(fs_.bytes_used());
  record.RecordFailure(HealthStage::kCommit, Full());
  ASSERT_TRUE(record.Save());
  fs_.PowerLoss();
  EXPECT_TRUE(Load().red());
}

TEST_F(HealthTest, WhereItCannotBeMadeNothingIsLostForTheNextTime) {
  fs_.set_capacity_bytes(100);
  HealthRecord record = Load();
  record.RecordFailure(HealthStage::kCompact, Full());
  EXPECT_EQ(record.Save().error().code, Code::kNoSpace);
  EXPECT_TRUE(record.red());
  EXPECT_TRUE(record.IsUrgent());
  fs_.set_capacity_bytes(UINT64_MAX);
  ASSERT_TRUE(record.Save());
  EXPECT_EQ(Load().Of(HealthStage::kCompact).streak, 1u);
}

TEST_F(HealthTest, ATornSlotLeavesTheOther) {
  HealthRecord record = Load();
  record.RecordFailure(HealthStage::kCommit, Full());
  ASSERT_TRUE(record.Save());
  record.RecordFailure(HealthStage::kPrune, Full());
  ASSERT_TRUE(record.Save());
  const auto good = File();
  ASSERT_EQ(good.size(), 2 * kHealthSlotBytes);
  std::mt19937 random(7);
  for (size_t slot : {0, 1}) {
    for (int i = 0; i < 50; i++) {
      auto torn = good;
      const size_t from = slot * kHealthSlotBytes + random() % kHealthSlotBytes;
      std::fill(torn.begin() + static_cast<ptrdiff_t>(from),
                torn.begin() + static_cast<ptrdiff_t>((slot + 1) * kHealthSlotBytes), uint8_t(i));
      Overwrite(torn);
      HealthRecord loaded = Load();
      EXPECT_TRUE(loaded.Of(HealthStage::kCommit).red);
      loaded.RecordFailure(HealthStage::kFold, Full());
      ASSERT_TRUE(loaded.Save());
      EXPECT_TRUE(Load().Of(HealthStage::kCommit).red);
      EXPECT_TRUE(Load().Of(HealthStage::kFold).red);
    }
  }
}

TEST_F(HealthTest, AFileOfAnyBytesIsMadeAnew) {
  for (size_t size : {size_t{0}, size_t{1}, kHealthSlotBytes, 2 * kHealthSlotBytes, 3 * kHealthSlotBytes}) {
    Overwrite(std::vector<uint8_t>(size, 'x'));
    if (size == 0) {
      ASSERT_TRUE(fs_.Remove(HealthPath(kRoot)));
    }
    HealthRecord record = Load();
    EXPECT_FALSE(record.red());
    record.RecordFailure(HealthStage::kOpen, Full());
    ASSERT_TRUE(record.Save()) << size;
    EXPECT_TRUE(Load().red()) << size;
    EXPECT_EQ(File().size(), 2 * kHealthSlotBytes);
  }
}

TEST_F(HealthTest, WritersLayTheirsOverWhatOthersWrote) {
  HealthRecord a = Load(), b = Load();
  a.RecordFailure(HealthStage::kCommit, Full(), 10 * kSecond);
  ASSERT_TRUE(a.Save());
  b.RecordFailure(HealthStage::kPrune, Full(), 11 * kSecond);
  b.SetMeasures({.bytes = 77, .measured_ns = 11 * kSecond});
  ASSERT_TRUE(b.Save());
  EXPECT_TRUE(Load().Of(HealthStage::kCommit).red);
  EXPECT_TRUE(Load().Of(HealthStage::kPrune).red);
  b.RecordSuccess(HealthStage::kCommit, 9 * kSecond);  // before the failure of the other, told later
  EXPECT_TRUE(b.red());
  b.RecordSuccess(HealthStage::kPrune, 12 * kSecond);
  ASSERT_TRUE(b.Save());
  EXPECT_TRUE(Load().Of(HealthStage::kCommit).red);
  a.Reload();
  EXPECT_FALSE(a.Of(HealthStage::kPrune).red);
  EXPECT_EQ(a.measures().bytes, 77u);
  a.RecordSuccess(HealthStage::kCommit, 13 * kSecond);
  ASSERT_TRUE(a.Save());
  EXPECT_FALSE(Load().red());
}

TEST_F(HealthTest, AClockSetBackDoesNotKeepAStageRed) {
  HealthRecord record = Load();
  const int64_t future_ns = NowNs() + 3600 * kSecond;
  record.RecordFailure(HealthStage::kCommit, Full(), future_ns);
  ASSERT_TRUE(record.Save());
  HealthRecord later = Load();
  later.RecordSuccess(HealthStage::kCommit);
  ASSERT_TRUE(later.Save());
  EXPECT_FALSE(Load().red());
}

TEST_F(HealthTest, AHeldRecordIsWrittenTheNextTime) {
  HealthRecord record = Load();
  record.RecordFailure(HealthStage::kCommit, Full());
  ASSERT_TRUE(record.Save());
  record.RecordFailure(HealthStage::kCommit, Full());
  {
    auto held = fs_.OpenInPlace(HealthPath(kRoot));
    EXPECT_EQ(record.Save().error().code, Code::kConflict);
  }
  ASSERT_TRUE(record.Save());
  EXPECT_EQ(Load().Of(HealthStage::kCommit).streak, 2u);
}

TEST_F(HealthTest, AnyFaultLeavesTheOldRecordOrTheNew) {
  HealthRecord before = Load();
  before.RecordFailure(HealthStage::kCommit, Full());
  ASSERT_TRUE(before.Save());
  for (Fault fault : kAllFaults) {
    for (bool is_new : {false, true}) {
      for (int64_t at = 1;; at++) {
        const auto disk = fs_.Clone();
        if (is_new) {
          ASSERT_TRUE(disk->RemoveAll(OwnFolder(kRoot)));
        }
        FaultyFileSystem faulty(*disk);
        faulty.Arm({fault, at, false, static_cast<uint64_t>(at)});
        HealthRecord record = HealthRecord::Load(faulty, kRoot);
        record.RecordFailure(HealthStage::kPrune, Full());
        const auto saved = record.Save();
        const bool struck = !faulty.injected().empty();
        SCOPED_TRACE(std::string(FaultName(fault)) + " at " + std::to_string(at));
        EXPECT_TRUE(record.red());
        EXPECT_TRUE(saved || struck);
        EXPECT_EQ(disk->open_handles(), 0);
        EXPECT_EQ(HealthRecord::Load(*disk, kRoot).Of(HealthStage::kCommit).red, !is_new);
        if (saved) {
          EXPECT_TRUE(HealthRecord::Load(*disk, kRoot).Of(HealthStage::kPrune).red);
        }
        faulty.Disarm();
        record.RecordFailure(HealthStage::kFold, Full());
        ASSERT_TRUE(record.Save());
        EXPECT_TRUE(HealthRecord::Load(*disk, kRoot).Of(HealthStage::kPrune).red);
        // A write that failed may have been done: then it counts twice.
        EXPECT_LE(HealthRecord::Load(*disk, kRoot).Of(HealthStage::kPrune).streak, 2u);
        if (!struck) break;
      }
    }
  }
}

TEST_F(HealthTest, RetriesWaitLongerEachTime) {
  HealthRecord record = Load();
  EXPECT_EQ(RetryAfter(record, HealthStage::kPrune, 100), 100);
  for (int64_t wait : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
    record.RecordFailure(HealthStage::kPrune, Full(), 1000 * kSecond);
    EXPECT_EQ(RetryAfter(record, HealthStage::kPrune, 1000 * kSecond), (1000 + wait) * kSecond);
  }
  EXPECT_EQ(RetryAfter(record, HealthStage::kPrune, 0), 0) << "a clock that was set back";
  record.RecordFailure(HealthStage::kCompact, Corruption("torn", "x"), 1000 * kSecond);
  EXPECT_EQ(RetryAfter(record, HealthStage::kCompact, 1000 * kSecond), 1300 * kSecond);
}

TEST(HealthSlotTest, LongTextsAreCut) {
  HealthSlot slot{.sequence = 3, .stages = {}, .measures = {.bytes = 1, .measured_ns = -5}};
  for (size_t i = 0; i < kHealthStagesMax; i++) {
    StageHealth stage{.stage = "a_stage_named_" + std::to_string(10 + i), .red = true, .last_success_ns = -1};
    stage.last_error = Error{Code::kCommitUnknown, "x", "y", 5, true};
    for (int k = 0; k < 300; k++) {
      stage.last_error->message += "\xC3\xA4";
      stage.last_error->path += "\xC3\xA4";
    }
    slot.stages.push_back(stage);
  }
  const auto parsed = ParseSlot(EncodeSlot(slot));
  ASSERT_TRUE(parsed) << parsed.error().ToString();
  EXPECT_EQ(parsed->sequence, 3u);
  EXPECT_EQ(parsed->measures.measured_ns, -5);
  ASSERT_EQ(parsed->stages.size(), kHealthStagesMax);
  EXPECT_EQ(parsed->stages[7].stage, slot.stages[7].stage);
  EXPECT_EQ(parsed->stages[7].last_error->message, "x" + slot.stages[0].last_error->message.substr(1, 198));
  EXPECT_EQ(parsed->stages[7].last_error->path, slot.stages[0].last_error->path.substr(601 - 160));
  EXPECT_EQ(parsed->stages[7].last_error->code, Code::kCommitUnknown);
}

TEST(HealthSlotTest, FaultsOfTheCallerAreNone) {
  for (const Error& error : {InvalidArgument("x"), Conflict("x"), Cancelled("x"), NotFound("no column"),
                             AlreadyExists("x"), Unsupported("x"), OverBudget("x")})
    EXPECT_FALSE(IsFaultOfStore(error)) << error.ToString();
  for (int code : {ENOSPC, EMFILE, EIO, EROFS, EACCES, ENOENT})
    EXPECT_TRUE(IsFaultOfStore(FromErrno(code, "x", "y"))) << code;
  EXPECT_TRUE(IsFaultOfStore(Corruption("x")));
}

}  // namespace
}  // namespace squire::upkeep
