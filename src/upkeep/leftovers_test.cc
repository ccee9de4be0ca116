#include "upkeep/leftovers.h"

#include <gtest/gtest.h>

#include "io/faulty.h"
#include "io/memory.h"
#include "upkeep/prune.h"
#include "upkeep/test_table.h"

namespace squire::upkeep {
namespace {

/// A writer's file without a writer, and some of each kind of file that it leaves.
uint32_t Kill(FileSystem& fs, const TestTable& table) {
  const uint32_t id = table::NewWriterId();
  EXPECT_TRUE(fs.CreateFolders(table.paths().Writers()));
  EXPECT_TRUE(fs.Lock(JoinPath(table.paths().Writers(), table::WriterIdText(id)), false));
  const table::FileNames names(id);
  for (int i = 0; i < 2; i++) {
    table.MakeFile("data/" + names.DataFile());
    table.MakeFile("_deletions/0-1-" + std::to_string(names.DeletionId()) + ".bin");
    table.MakeFile("_transactions/1-" + names.Uuid() + ".txn");
    table.MakeFile("_indices/" + names.Uuid() + "/page_data.lance");
    table.MakeFile("_versions/.tmp_" + names.Mark() + "0123");
    table.MakeFile("_refs/tags/.tmp_" + names.Mark() + "0123");
  }
  return id;
}

/// Files in the table's folders whose names carry the id.
size_t Left(FileSystem& fs, const TestTable& table, uint32_t id) {
  size_t left = 0;
  for (const char* folder : {"data", "_deletions", "_transactions", "_indices", "_versions", "_refs/tags"}) {
    const auto listed = fs.List(JoinPath(table.paths().root, folder));
    for (const FileInfo& file : listed ? *listed : std::vector<FileInfo>())
      left += table::WriterOf(folder, file.name) == id;
  }
  return left;
}

TEST(LeftoversTest, OfTheDeadGoOthersStay) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  ASSERT_TRUE(table.Commit());
  const auto files = table.Files();
  const auto living = files->LeaseOf(table.paths().root);
  ASSERT_TRUE(living && *living);
  const std::string at_work = "data/" + table::FileNames((*living)->id()).DataFile();
  table.MakeFile(at_work);
  table.MakeFile("data/" + table::FileNames().DataFile());
  table.MakeFile("data/0101110010101010101010101b29c44728a4f43cd0a2dbd4c0.lance");
  EXPECT_EQ(ClearLeftovers(fs, kTestRoot).files_removed, 0u);
  const uint32_t a = Kill(fs, table), b = Kill(fs, table);
  const uint64_t before = fs.bytes_used();
  const LeftoverResult done = ClearLeftovers(fs, kTestRoot);
  EXPECT_FALSE(done.failure);
  EXPECT_EQ(done.writers, 2u);
  EXPECT_EQ(done.files_removed, 20u);
  EXPECT_EQ(done.bytes_freed, before - fs.bytes_used());
  EXPECT_EQ(Left(fs, table, a) + Left(fs, table, b), 0u);
  EXPECT_EQ(table.DataFiles(), 4u);
  EXPECT_EQ(fs.List(table.paths().Writers())->size(), 1u);
  {
    const PruneResult pruned = PruneTable(fs, kTestRoot, {.orphan_age_ns = 0});
    EXPECT_FALSE(pruned.failure);
    EXPECT_TRUE(table.Has(at_work)) << "never a living writer's";
    EXPECT_EQ(table.DataFiles(), 2u);
  }
}

/// Three versions of a writer that is killed behind them.
void CommitAndDie(const TestTable& table) {
  const auto files = table.Files();
  const auto lease = *files->LeaseOf(table.paths().root);
  table.CommitMany(3);
  lease->LeaveFile();
}

TEST(LeftoversTest, WhatVersionsNameStays) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  CommitAndDie(table);
  for (int i = 0; i < 2; i++) ASSERT_TRUE(table.Commit(/*replaces=*/false));
  const LeftoverResult done = ClearLeftovers(fs, kTestRoot);
  EXPECT_FALSE(done.failure);
  EXPECT_EQ(done.writers, 1u);
  EXPECT_EQ(done.files_removed, 0u);
  for (uint64_t version : table.Versions()) table.CheckWhole(version);
}

/// Also files of a version that went, while they wait for their grace.
TEST(LeftoversTest, WhatWaitsStays) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  CommitAndDie(table);
  EXPECT_EQ(PruneTable(fs, kTestRoot, Retention(1, false)).versions_removed, 3u);
  EXPECT_EQ(ClearLeftovers(fs, kTestRoot).files_removed, 0u);
  EXPECT_EQ(table.DataFiles(), 3u);
}

TEST(LeftoversTest, AFirstWriteClearsThem) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  const uint32_t id = Kill(fs, table);
  const auto snapshot = table.Open();
  ClearLeftoversOnce(*snapshot);
  EXPECT_EQ(Left(fs, table, id), 0u);
  const uint32_t later = Kill(fs, table);
  ClearLeftoversOnce(*snapshot);
  EXPECT_NE(Left(fs, table, later), 0u) << "once a process";

  MemoryFileSystem of_others;
  const TestTable foreign(of_others, false);
  ClearLeftoversOnce(*foreign.Open());
  EXPECT_FALSE(foreign.Has("_squire"));
}

/// Whoever clears may fail or die at any call: the next one finds all that is left.
TEST(LeftoversTest, ClearingThemIsCutShort) {
  MemoryFileSystem disk;
  const TestTable table(disk);
  ASSERT_TRUE(table.Commit());
  const uint32_t id = Kill(disk, table);
  for (const Fault fault : {Fault::kIo, Fault::kTooManyFiles, Fault::kNoSpace, Fault::kDoneButFailed}) {
    for (const bool persistent : {false, true}) {
      for (int64_t at = 1;; at++) {
        auto copy = disk.Clone();
        FaultyFileSystem fs(*copy);
        fs.Arm({fault, at, persistent, 0});
        (void)ClearLeftovers(fs, kTestRoot);
        if (fs.injected().empty()) break;
        SCOPED_TRACE(std::string(FaultName(fault)) + " " + FileCallName(fs.injected()[0].call) + " " +
                     fs.injected()[0].path);
        EXPECT_FALSE(ClearLeftovers(*copy, kTestRoot).failure);
        EXPECT_EQ(Left(*copy, table, id), 0u);
        EXPECT_TRUE(copy->List(table.paths().Writers())->empty());
        EXPECT_EQ(copy->open_handles(), 0);
      }
    }
  }
}

TEST(LeftoversTest, ManyProcessesLeaveNothing) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  for (int i = 0; i < 200; i++) Kill(fs, table);
  EXPECT_EQ(ClearLeftovers(fs, kTestRoot).writers, 200u);
  table.CommitMany(30);  // a handle each
  EXPECT_TRUE(fs.List(table.paths().Writers())->empty());
}

}  // namespace
}  // namespace squire::upkeep
