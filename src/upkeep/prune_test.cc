#include "upkeep/prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/clock.h"
#include "io/faulty.h"
#include "io/memory.h"
#include "table/tags.h"
#include "upkeep/removed.h"
#include "upkeep/test_table.h"

namespace squire::upkeep {
namespace {

using testing::ElementsAre;

constexpr int64_t kHour = 3600ll * 1'000'000'000;

PruneResult MustPrune(FileSystem& fs, const PruneOptions& options = {}, const std::string& root = kTestRoot) {
  PruneResult result = PruneTable(fs, root, options);
  EXPECT_FALSE(result.failure) << result.failure->ToString();
  return result;
}

TEST(PruneTest, KeepsTheNewestAndItsFiles) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(5);
  const uint64_t before = fs.bytes_used();
  const PruneResult planned = MustPrune(fs, {.dry_run = true});
  EXPECT_EQ(fs.bytes_used(), before);
  EXPECT_EQ(table.Versions().size(), 6u);
  const PruneResult done = MustPrune(fs);
  EXPECT_THAT(table.Versions(), ElementsAre(6));
  EXPECT_EQ(done.versions_removed, 5u);
  EXPECT_EQ(done.files_removed, 5u + 4 + 5) << "manifests, data, transactions";
  EXPECT_EQ(done.bytes_freed, before - fs.bytes_used());
  EXPECT_EQ(planned.bytes_freed, done.bytes_freed);
  EXPECT_EQ(planned.files_removed, done.files_removed);
  table.CheckWhole();
  EXPECT_EQ(MustPrune(fs).files_removed, 0u);
}

TEST(PruneTest, WhatSomebodyReadsStays) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(2);
  auto reader = table.Open(2);
  table.CommitMany(2);
  EXPECT_EQ(MustPrune(fs, {.dry_run = true}).versions_pinned, 1u);
  EXPECT_EQ(MustPrune(fs).versions_pinned, 1u);
  EXPECT_THAT(table.Versions(), ElementsAre(5, 2));
  table.CheckWhole(2);
  reader.reset();
  EXPECT_EQ(MustPrune(fs).versions_removed, 1u);
  EXPECT_EQ(fs.open_handles(), 0);
}

TEST(PruneTest, TagsAndAgesHoldVersions) {
  MemoryFileSystem fs;
  const TestTable table(fs, false);
  table.CommitMany(5);
  ASSERT_TRUE(table::CreateTag(fs, table.paths(), "v", 2));
  EXPECT_EQ(MustPrune(fs, {.older_than_ns = kHour}).versions_young, 4u);
  const PruneResult done = MustPrune(fs, {.keep_versions = 2});
  EXPECT_EQ(done.versions_tagged, 1u);
  EXPECT_THAT(table.Versions(), ElementsAre(6, 5, 2));
  for (uint64_t version : {2, 5, 6}) table.CheckWhole(version);
  EXPECT_FALSE(table.Has("_squire")) << "nothing is made in a table of others";
}

TEST(PruneTest, ATornNewestVersionIsToldAndWhatItMayNameStays) {
  for (const size_t size : {0u, 10u, 200u}) {
    MemoryFileSystem fs;
    const TestTable table(fs);
    table.CommitMany(3);
    const auto orphan = "data/" + table.Open()->fragment(0).meta().files(0).path();
    auto bytes = *ReadWholeFile(fs, table.paths().Manifest(4));
    bytes.resize(size);
    table.Overwrite(table.paths().Manifest(4), bytes);
    table.MakeFile("data/stranger.lance");
    const PruneResult done = MustPrune(fs, {.older_than_ns = 0});
    EXPECT_EQ(done.problems.size(), 1u);
    EXPECT_THAT(table.Versions(), ElementsAre(4, 3));
    EXPECT_TRUE(table.Has(orphan));
    const PruneResult unverified = MustPrune(fs, {.orphan_age_ns = 0});
    EXPECT_FALSE(table.Has(orphan));
    EXPECT_FALSE(table.Has("data/stranger.lance"));
    EXPECT_EQ(unverified.problems.size(), 1u);
    EXPECT_THAT(table.Versions(), ElementsAre(4, 3)) << "setting it aside is repair's business";
    table.CheckWhole(3);
  }
}

TEST(PruneTest, ATornTaggedVersionKeepsTheOneBeforeIt) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(5);
  ASSERT_TRUE(table::CreateTag(fs, table.paths(), "v", 4));
  table.Overwrite(table.paths().Manifest(4), AsBytes("torn"));
  EXPECT_EQ(MustPrune(fs).problems.size(), 1u);
  EXPECT_THAT(table.Versions(), ElementsAre(6, 4, 3));
  table.CheckWhole(3);
}

TEST(PruneTest, NothingReadableIsLeftAlone) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.Overwrite(table.paths().Manifest(1), AsBytes("torn"));
  const PruneResult done = PruneTable(fs, kTestRoot, {.orphan_age_ns = 0});
  ASSERT_TRUE(done.failure);
  EXPECT_EQ(done.failure->code, Code::kCorruption);
  EXPECT_EQ(done.files_removed, 0u);
}

TEST(PruneTest, WorksOnAFullDiskAndCreatesNothing) {
  MemoryFileSystem fs;
  const TestTable table(fs, false);
  table.CommitMany(4);
  fs.set_capacity_bytes(0);
  EXPECT_EQ(MustPrune(fs).versions_removed, 4u);
  EXPECT_FALSE(table.Has("_squire"));

  MemoryFileSystem other;
  const TestTable owned(other);
  owned.CommitMany(4);
  other.set_capacity_bytes(0);
  const PruneResult done = MustPrune(other, Retention(1, /*bytes_pressing=*/false));
  EXPECT_EQ(done.versions_removed, 4u);
  EXPECT_EQ(owned.DataFiles(), 1u) << "without room to note down what waits, it does not wait";
}

TEST(PruneTest, OneFailureIsNotTheEnd) {
  MemoryFileSystem disk;
  const TestTable table(disk);
  table.CommitMany(6);
  for (int64_t at = 1;; at++) {
    auto copy = disk.Clone();
    FaultyFileSystem fs(*copy);
    fs.Arm({Fault::kIo, at, false, 0});
    const PruneResult done = PruneTable(fs, kTestRoot, {});
    const auto injected = fs.injected();
    if (injected.empty()) break;
    SCOPED_TRACE(std::string(FileCallName(injected[0].call)) + " " + injected[0].path);
    const bool is_passed_over = injected[0].path.find("/_squire/writers") != std::string::npos;
    EXPECT_TRUE(done.failure || is_passed_over);
    if (injected[0].call == FileCall::kRemove) {
      EXPECT_GE(done.files_removed, 9u) << "all but that file, and what a version needs that stays";
    }
    const TestTable::SnapshotPtr newest =
        *table::Snapshot::Open(std::make_shared<table::FileCache>(*copy, 4), kTestRoot);
    EXPECT_EQ(newest->version(), 7u);
    EXPECT_FALSE(PruneTable(*copy, kTestRoot, {.orphan_age_ns = 0}).failure);
    EXPECT_EQ(copy->List(std::string(kTestRoot) + "/data")->size(), 1u);
    EXPECT_EQ(copy->open_handles(), 1) << "the snapshot's pin";
  }
}

TEST(PruneTest, BrokenPlacesAreNoObstacle) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(3);
  table.MakeFile("_indices/not_a_folder");
  table.MakeFile("_indices/0-old/deep/er/file");
  table.MakeFile("_indices/0-empty/x");
  ASSERT_TRUE(fs.Remove(JoinPath(kTestRoot, "_indices/0-empty/x")));
  const auto newest = table.Open()->fragment(0).meta().files(0).path();
  ASSERT_TRUE(fs.Remove(table.paths().DataFile(newest)));
  EXPECT_EQ(MustPrune(fs).versions_removed, 3u);
  EXPECT_TRUE(table.Has("_indices/0-old/deep/er/file")) << "a stranger may be building it";
  MustPrune(fs, {.orphan_age_ns = 0});
  EXPECT_FALSE(table.Has("_indices/0-old"));
  EXPECT_FALSE(table.Has("_indices/0-empty"));
}

TEST(PruneTest, BranchesHoldTheirFilesAndWhereTheyBegan) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(4);
  const std::string path = table.paths().Manifest(3);
  auto bytes = *ReadWholeFile(fs, path);
  auto branch = lance::ParseManifest(bytes, path);
  ASSERT_TRUE(branch);
  branch->manifest.set_branch("a/b");
  ASSERT_TRUE(fs.CreateFolders(JoinPath(kTestRoot, "tree/a/b/_versions")));
  const table::Paths inner{table.paths().Branch("a/b")};
  table.Overwrite(inner.Manifest(4), lance::SerializeManifest(branch->manifest, branch->indices, *branch->transaction));
  const std::string held = "data/" + branch->manifest.fragments(0).files(0).path();
  ASSERT_TRUE(fs.CreateFolders(JoinPath(kTestRoot, "_refs/branches")));
  table.Overwrite(JoinPath(kTestRoot, "_refs/branches/a%2Fb.json"),
                  AsBytes(R"({"parentBranch":null,"parentVersion":2,"createAt":1,"manifestSize":1})"));
  EXPECT_EQ(MustPrune(fs, {.orphan_age_ns = 0}).versions_tagged, 1u);
  EXPECT_THAT(table.Versions(), ElementsAre(5, 2));
  EXPECT_TRUE(table.Has(held));
  EXPECT_FALSE(PruneTable(fs, inner.root, {}).failure) << "a branch is pruned as a table of its own";
  table.Overwrite(inner.Manifest(4), AsBytes("torn"));
  EXPECT_EQ(PruneTable(fs, kTestRoot, {}).failure->code, Code::kCorruption);
}

TEST(PruneTest, UnaskedFilesWaitForStrangersWhoRead) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(9);
  PruneResult done = MustPrune(fs, Retention(3, false));
  EXPECT_EQ(done.versions_removed, 7u);
  EXPECT_GT(done.files_waiting, 0u);
  EXPECT_EQ(table.Versions().size(), 3u);
  EXPECT_EQ(table.DataFiles(), 9u) << "their versions are gone, they are not";
  MustPrune(fs, {.keep_versions = 3, .older_than_ns = 1, .orphan_age_ns = 0});
  EXPECT_EQ(table.DataFiles(), 9u) << "an orphan's age is not their grace";
  const PruneResult planned = MustPrune(fs, {.keep_versions = 3, .dry_run = true});
  const uint64_t before = fs.bytes_used();
  done = MustPrune(fs, Retention(3, /*bytes_pressing=*/true));
  EXPECT_EQ(table.DataFiles(), 3u);
  EXPECT_EQ(done.bytes_freed, before - fs.bytes_used());
  EXPECT_EQ(planned.bytes_freed, done.bytes_freed);
  table.CheckWhole();
}

TEST(PruneTest, WhatHasWaitedLongEnoughGoes) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(1);
  const std::string needed = "data/" + table.Open()->fragment(0).meta().files(0).path();
  table.MakeFile("data/old.lance");
  table.MakeFile("data/young.lance");
  table.MakeFile("_indices/old/file");
  ASSERT_TRUE(fs.CreateFolders("/outside"));
  table.Overwrite("/outside/file", AsBytes("x"));
  ASSERT_TRUE(WriteRemoved(fs, table.paths(), 1,
                           {"data/old.lance", needed, "_indices/old/", "data/../../outside/file", "/outside/file",
                            "data/..", "_versions/" + lance::ManifestName(2), "data/not there", "", "_indices/../"}));
  ASSERT_TRUE(WriteRemoved(fs, table.paths(), NowNs() + kHour, {"data/young.lance"}));
  table.MakeFile("_squire/removed/torn");
  MustPrune(fs, Retention(8, false));
  EXPECT_FALSE(table.Has("data/old.lance"));
  EXPECT_FALSE(table.Has("_indices/old"));
  EXPECT_TRUE(table.Has("data/young.lance"));
  EXPECT_TRUE(fs.Stat("/outside/file")) << "a list is believed only where a file may be removed by its name";
  EXPECT_EQ(ListRemoved(fs, table.paths())->size(), 1u);
  table.CheckWhole();
}

TEST(PruneTest, AnotherLibrarysReadersGetTenMinutes) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(5);
  table.MakeForeign(3);
  EXPECT_EQ(MustPrune(fs, Retention(2, false)).versions_foreign, 4u);
  EXPECT_EQ(MustPrune(fs, Retention(1, true)).versions_foreign, 5u);
  EXPECT_EQ(table.Versions().size(), 6u);
  EXPECT_EQ(MustPrune(fs, {.keep_versions = 1}).versions_removed, 5u) << "who asks is not held back";
}

TEST(PruneTest, AStaleHintIsNobodysConcern) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  table.CommitMany(4);
  for (const char* hint : {R"({"version":2})", R"({"version":999})", "garbage", ""}) {
    table.Overwrite(table.paths().VersionHint(), AsBytes(hint));
    EXPECT_FALSE(PruneTable(fs, kTestRoot, {}).failure);
    table.CheckWhole();
    EXPECT_EQ(table.Open()->version(), 5u);
  }
}

/// A loss of power at every call: no version that is left lacks a file, whatever of the removals was kept.
TEST(PruneTest, ALossOfPowerLeavesNoVersionWithoutItsFiles) {
  for (const bool follows : {true, false}) {
    MemoryFileSystem disk({.names_follow_file_sync = follows});
    const TestTable table(disk);
    table.CommitMany(4);
    disk.PowerLoss();
    for (const PruneOptions& options : {PruneOptions(), Retention(2, false), Retention(1, true)}) {
      for (int64_t at = 1;; at++) {
        auto copy = disk.Clone();
        FaultyFileSystem fs(*copy);
        fs.Arm({Fault::kPowerLoss, at, true, 0});
        (void)PruneTable(fs, kTestRoot, options);
        const bool struck = !fs.injected().empty();
        copy->PowerLoss(at % 2 ? Unsynced::kRandom : Unsynced::kLost, static_cast<uint64_t>(at));
        const auto files = std::make_shared<table::FileCache>(*copy, 4);
        const auto versions = table::ListVersions(*copy, table.paths());
        ASSERT_TRUE(versions);
        EXPECT_EQ(versions->front().version, 5u);
        for (const table::VersionFile& version : *versions) {
          const auto snapshot = *table::Snapshot::Open(files, kTestRoot, version.version);
          for (const auto& fragment : snapshot->manifest().fragments())
            EXPECT_TRUE(copy->Stat(table.paths().DataFile(fragment.files(0).path())));
        }
        if (!struck) break;
      }
    }
  }
}

/// A writer, a prune that never rests and two readers: nobody meets anything that is gone.
TEST(PruneTest, BesideAWriterAndReaders) {
  MemoryFileSystem fs;
  const TestTable table(fs);
  std::atomic<bool> is_done = false;
  std::atomic<int> reads = 0, prunes = 0;
  std::thread pruner([&] {
    while (!is_done) {
      MustPrune(fs, prunes++ % 2 ? PruneOptions() : Retention(1, true));
    }
  });
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; i++) {
    readers.emplace_back([&] {
      while (!is_done || reads < 20) {
        table.CheckWhole();
        reads++;
      }
    });
  }
  table.CommitMany(150);
  is_done = true;
  pruner.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(prunes, 0);
  MustPrune(fs);
  EXPECT_THAT(table.Versions(), ElementsAre(151));
  EXPECT_EQ(table.DataFiles(), 1u);
}

}  // namespace
}  // namespace squire::upkeep
