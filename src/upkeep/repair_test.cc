// What a repair keeps, whatever fails while it is at work.

#include "upkeep/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "index/key/btree.h"
#include "io/faulty.h"
#include "io/memory.h"
#include "upkeep/doctor.h"
#include "upkeep/prune.h"
#include "upkeep/test_table.h"
#include "upkeep/verify.h"

namespace squire::upkeep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RepairReport MustRepair(FileSystem& fs, const RepairOptions& options = {}) {
  auto report = Repair(fs, kTestRoot, options);
  EXPECT_TRUE(report) << report.error().ToString();
  return report ? *std::move(report) : RepairReport();
}

void Tear(const TestTable& table, FileSystem& fs, uint64_t version) {
  auto bytes = *ReadWholeFile(fs, table.paths().Manifest(version));
  bytes.resize(bytes.size() / 2);
  table.Overwrite(table.paths().Manifest(version), bytes);
}

void AddKeyIndex(const TestTable& table) {
  const auto base = table.Open();
  table::Change change;
  change.kind = table::Change::Kind::kCreateIndex;
  change.new_indices.push_back(*index::WriteBTree(*base, "id", "id_idx", nullptr));
  ASSERT_TRUE(table::Commit(base, std::move(change)));
}

void DeleteRow(const TestTable& table, uint64_t fragment, uint64_t row) {
  const auto base = table.Open();
  table::Change change;
  change.kind = table::Change::Kind::kDelete;
  change.deleted_rows.try_emplace(fragment, 10).first->second.Add(row);
  ASSERT_TRUE(table::Commit(base, std::move(change)));
}

/// Three fragments of ten rows, one deleted, and a key index: the second fragment's file is lost, the index cut, and
/// the newest manifest torn. What a repair should find are the rows of the other two.
void MakeDamaged(FileSystem& fs) {
  const TestTable table(fs);
  for (int i = 0; i < 3; i++) ASSERT_TRUE(table.Commit(/*replaces=*/false));
  DeleteRow(table, 2, 4);
  AddKeyIndex(table);
  const auto base = table.Open();
  ASSERT_TRUE(table.Commit(false));
  Tear(table, fs, 7);
  ASSERT_TRUE(fs.Remove(table.paths().DataFile(base->fragment(1).meta().files(0).path())));
  const std::string page =
      JoinPath(table.paths().Index(table::UuidText(base->indices().indices(0).uuid())), "page_data.lance");
  auto bytes = *ReadWholeFile(fs, page);
  bytes.resize(bytes.size() / 2);
  table.Overwrite(page, bytes);
}

/// How far a repair of MakeDamaged got. ERRORS: the table is something else.
Result<int> StepsDone(FileSystem& fs) {
  const auto report = TRY(VerifyTable(fs, kTestRoot, {.deep = true, .progress = {}}));
  const auto torn = std::ranges::count_if(report.problems, [](const auto& p) { return p.starts_with("version 7"); });
  const size_t lost = report.problems.size() - static_cast<size_t>(torn);
  if (torn == 1 && report.version == 6 && lost == 2) return 0;
  if (torn == 0 && report.version == 6 && lost == 2) return 1;
  if (torn == 0 && report.version == 7 && lost == 1 && report.rows == 19) return 2;
  if (torn == 0 && report.version == 8 && lost == 0 && report.rows == 19 && report.indexes == 1) return 3;
  std::string all = "version " + std::to_string(report.version);
  for (const std::string& problem : report.problems) all += "; " + problem;
  return Corruption(all);
}

TEST(RepairTest, MendsAllOfIt) {
  MemoryFileSystem fs;
  MakeDamaged(fs);
  ASSERT_EQ(*StepsDone(fs), 0);
  const auto before = fs.Clone();
  const RepairReport planned = MustRepair(fs, {.dry_run = true, .progress = {}});
  EXPECT_EQ(fs.bytes_used(), before->bytes_used());
  ASSERT_EQ(*StepsDone(fs), 0) << "a dry run changes nothing";
  const RepairReport done = MustRepair(fs);
  EXPECT_EQ(*StepsDone(fs), 3);
  EXPECT_EQ(done.lost_rows, 10u + 10) << "of the torn version, of the lost fragment";
  EXPECT_THAT(done.set_aside, ElementsAre(7));
  ASSERT_EQ(done.fragments.size(), 1u);
  EXPECT_EQ(done.fragments[0].id, 1u);
  EXPECT_EQ(done.version, 8u);
  EXPECT_EQ(planned.version, done.version);
  EXPECT_EQ(planned.lost_rows, done.lost_rows);
  EXPECT_THAT(done.left, IsEmpty());
  EXPECT_FALSE(MustRepair(fs).changes_anything());
  EXPECT_EQ(fs.open_handles(), 0);
  ASSERT_TRUE(Prune(fs, kTestRoot, {.orphan_age_ns = 0}));
  EXPECT_EQ(*StepsDone(fs), 3);
  EXPECT_TRUE(Diagnose(fs, kTestRoot)->problems.empty());
}

/// Each call of a repair fails, once or from there on: the table is between two of its steps, and a second try ends it.
class RepairFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(RepairFaultTest, EveryCall) {
  MemoryFileSystem start({.names_follow_file_sync = true});
  MakeDamaged(start);
  for (const bool persistent : {false, true}) {
    for (int64_t at = 1;; at++) {
      ASSERT_LT(at, 2000);
      const auto disk = start.Clone();
      FaultyFileSystem faulty(*disk);
      faulty.Arm({GetParam(), at, persistent, 7});
      const auto done = Repair(faulty, kTestRoot);
      SCOPED_TRACE(std::string(FaultName(GetParam())) + (persistent ? " from call " : " at call ") +
                   std::to_string(at) + (done ? "" : ": " + done.error().ToString()));
      const auto injected = faulty.injected();
      faulty.Disarm();
      EXPECT_EQ(disk->open_handles(), 0);
      const auto steps = StepsDone(*disk);
      ASSERT_TRUE(steps) << steps.error().ToString();
      if (done) {
        EXPECT_EQ(*steps, 3);
        EXPECT_EQ(done->lost_rows, 20u) << "a fault is not taken for damage";
      } else {
        EXPECT_NE(done.error().code, Code::kInternal);
      }
      MustRepair(*disk);
      EXPECT_EQ(*StepsDone(*disk), 3);
      if (injected.empty()) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, RepairFaultTest, testing::ValuesIn(kAllFaults),
                         [](const auto& param) { return FaultName(param.param); });

TEST(RepairTest, SurvivesALossOfPowerAtEveryCall) {
  for (const bool names_follow : {true, false}) {
    MemoryFileSystem start({.names_follow_file_sync = names_follow});
    MakeDamaged(start);
    ASSERT_TRUE(start.SyncAll("/"));
    for (int64_t at = 1;; at++) {
      ASSERT_LT(at, 2000);
      const auto disk = start.Clone();
      FaultyFileSystem faulty(*disk);
      faulty.Arm({Fault::kPowerLoss, at, true, 0});
      const auto done = Repair(faulty, kTestRoot);
      const bool is_last = faulty.injected().empty();
      for (const Unsynced unsynced : {Unsynced::kLost, Unsynced::kRandom}) {
        const auto after = disk->Clone();
        after->PowerLoss(unsynced, static_cast<uint64_t>(at));
        SCOPED_TRACE("power lost at call " + std::to_string(at));
        const auto steps = StepsDone(*after);
        ASSERT_TRUE(steps) << steps.error().ToString();
        EXPECT_TRUE(!done || *steps == 3);
        MustRepair(*after);
        EXPECT_EQ(*StepsDone(*after), 3);
      }
      if (is_last) break;
    }
  }
}

TEST(RepairTest, AFullDiskTakesOnlyWhatNeedsNoRoom) {
  MemoryFileSystem fs;
  MakeDamaged(fs);
  fs.set_capacity_bytes(fs.bytes_used());
  const auto done = Repair(fs, kTestRoot);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kNoSpace);
  EXPECT_EQ(*StepsDone(fs), 1) << "the torn manifest is aside";
  fs.set_capacity_bytes(UINT64_MAX);
  MustRepair(fs);
  EXPECT_EQ(*StepsDone(fs), 3);
}

TEST(RepairTest, AWriterWhoIsFirstIsHeeded) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  for (int i = 0; i < 2; i++) ASSERT_TRUE(table.Commit(false));
  const auto base = table.Open();
  ASSERT_TRUE(fs.Remove(table.paths().DataFile(base->fragment(0).meta().files(0).path())));
  bool is_first = true;
  RepairOptions options;
  options.progress = [&](const RescueProgress&) {
    if (!std::exchange(is_first, false)) return;
    EXPECT_TRUE(table.Commit(false));
  };
  const auto report = MustRepair(fs, options);
  EXPECT_EQ(report.version, 5u);
  EXPECT_EQ(report.lost_rows, 10u);
  EXPECT_EQ(report.fragments.size(), 1u);
  EXPECT_EQ(table.Open()->num_rows(), 20);
}

TEST(RepairTest, WhatTheManifestSaysWronglyIsCorrected) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  ASSERT_TRUE(table.Commit(false));
  DeleteRow(table, 0, 3);
  const std::string path = table.paths().Manifest(3);
  auto read = *lance::ParseManifest(*ReadWholeFile(fs, path), path);
  pb::DataFragment& fragment = *read.manifest.mutable_fragments(0);
  fragment.mutable_files(0)->set_file_size_bytes(fragment.files(0).file_size_bytes() + 1);
  fragment.mutable_deletion_file()->set_num_deleted_rows(5);
  table.Overwrite(path, lance::SerializeManifest(read.manifest, read.indices, *read.transaction));
  EXPECT_EQ(VerifyTable(fs, kTestRoot, {})->problems.size(), 2u);
  EXPECT_EQ(MustRepair(fs).corrected.size(), 2u);
  EXPECT_THAT(VerifyTable(fs, kTestRoot, {.deep = true, .progress = {}})->problems, IsEmpty());
  EXPECT_EQ(table.Open()->num_rows(), 9);
}

TEST(RepairTest, LostDeletionsComeFromAnOlderVersion) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  ASSERT_TRUE(table.Commit(false));
  DeleteRow(table, 0, 3);
  DeleteRow(table, 0, 4);
  const auto base = table.Open();
  ASSERT_TRUE(fs.Remove(table.paths().DeletionFile(0, base->fragment(0).meta().deletion_file())));
  const RepairReport done = MustRepair(fs);
  EXPECT_EQ(done.restored_rows, 1u);
  EXPECT_EQ(table.Open()->num_rows(), 9);
  EXPECT_THAT(VerifyTable(fs, kTestRoot, {.deep = true, .progress = {}})->problems, IsEmpty());
}

}  // namespace
}  // namespace squire::upkeep
