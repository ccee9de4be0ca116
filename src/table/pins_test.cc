#include "table/pins.h"

#include <gtest/gtest.h>

#include "io/faulty.h"
#include "io/memory.h"
#include "table/commit.h"
#include "table/owned.h"

namespace squire::table {
namespace {

constexpr char kRoot[] = "/t.lance";
const Paths kPaths{kRoot};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

std::shared_ptr<FileCache> Files(FileSystem& fs) { return std::make_shared<FileCache>(fs, 4); }

SnapshotPtr MakeTable(FileSystem& fs, bool is_owned) {
  std::map<std::string, std::string> config;
  if (is_owned) config[kUpkeepKey] = kUpkeepAuto;
  auto made = CreateTable(Files(fs), kRoot, Schema{{{"id", TypeId::kInt32, true, {}}}, {}}, config);
  EXPECT_TRUE(made);
  return made ? *made : nullptr;
}

/// A version more, by its own handle.
void Commit(FileSystem& fs) {
  auto base = Snapshot::Open(Files(fs), kRoot);
  ASSERT_TRUE(base) << base.error().ToString();
  Change change;
  change.kind = Change::Kind::kOverwrite;
  change.schema = (*base)->schema();
  const auto done = table::Commit(*base, change);
  ASSERT_TRUE(done) << done.error().ToString();
}

bool IsFree(FileSystem& fs, uint64_t version) {
  auto locks = fs.OpenByteLocks(kPaths.Pins(), false);
  return locks && *(*locks)->IsFree(version);
}

TEST(PinsTest, CountThem) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateFolders(kRoot));
  auto pins = std::make_shared<Pins>(fs, kPaths);
  EXPECT_FALSE(pins->Take(3, false)->is_held()) << "there is no file of pins yet";
  auto a = pins->Take(3, true), b = pins->Take(3, false);
  ASSERT_TRUE(a && b && a->is_held() && b->is_held());
  EXPECT_FALSE(IsFree(fs, 3));
  *a = Pin();
  EXPECT_FALSE(IsFree(fs, 3));
  *b = *pins->Take(4, true);
  EXPECT_TRUE(IsFree(fs, 3));
  EXPECT_FALSE(IsFree(fs, 4));
  EXPECT_EQ(fs.open_handles(), 1) << "one descriptor, whatever is pinned";
}

TEST(PinsTest, AVersionThatIsBeingRemovedIsNotPinned) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateFolders(kPaths.Own()));
  auto remover = fs.OpenByteLocks(kPaths.Pins(), true);
  ASSERT_TRUE(remover && (*remover)->TryLock(3, ByteLocks::Mode::kExclusive));
  auto pins = std::make_shared<Pins>(fs, kPaths);
  EXPECT_EQ(pins->Take(3, true).error().code, Code::kConflict);
  EXPECT_TRUE(pins->Take(4, true)->is_held());
}

TEST(PinsTest, ASnapshotHoldsItsVersionAsLongAsItLives) {
  MemoryFileSystem fs;
  SnapshotPtr first = MakeTable(fs, true);
  ASSERT_TRUE(first->is_pinned());
  Commit(fs);
  EXPECT_FALSE(IsFree(fs, 1));
  EXPECT_TRUE(IsFree(fs, 2)) << "nobody has it open any more";
  const SnapshotPtr shared = first;
  first.reset();
  EXPECT_FALSE(IsFree(fs, 1));
}

TEST(PinsTest, NothingIsMadeInATableOfOthers) {
  MemoryFileSystem fs;
  const SnapshotPtr snapshot = MakeTable(fs, false);
  Commit(fs);
  EXPECT_FALSE(snapshot->is_pinned());
  EXPECT_EQ(fs.Stat(kPaths.Own()).error().code, Code::kNotFound);
  ASSERT_TRUE(fs.CreateFolders(kPaths.Own()));
  ASSERT_TRUE(fs.OpenByteLocks(kPaths.Pins(), true));
  EXPECT_TRUE((*Snapshot::Open(Files(fs), kRoot))->is_pinned()) << "the file is there";
}

TEST(PinsTest, AFolderThatCannotBeWrittenIsReadUnpinned) {
  MemoryFileSystem fs;
  MakeTable(fs, true);
  ASSERT_TRUE(fs.RemoveAll(kPaths.Own()));
  fs.set_read_only(true);
  auto snapshot = Snapshot::Open(Files(fs), kRoot);
  ASSERT_TRUE(snapshot) << snapshot.error().ToString();
  EXPECT_FALSE((*snapshot)->is_pinned());

  MemoryFileSystem without({.has_byte_locks = false});
  MakeTable(without, true);
  Commit(without);
  EXPECT_FALSE((*Snapshot::Open(Files(without), kRoot))->is_pinned());
}

/// The version is taken away between the look at the folder and the reading of it.
TEST(PinsTest, WhoMissesTheNewestVersionTakesTheNext) {
  MemoryFileSystem disk;
  MakeTable(disk, true);
  Commit(disk);
  auto remover = disk.OpenByteLocks(kPaths.Pins(), false);
  ASSERT_TRUE((*remover)->TryLock(1, ByteLocks::Mode::kExclusive));
  EXPECT_EQ(Snapshot::Open(Files(disk), kRoot, 1).error().code, Code::kNotFound);
  EXPECT_EQ((*Snapshot::Open(Files(disk), kRoot))->version(), 2u);
}

/// The name of the next version is free, because that came and went: what is written under it would be lost.
TEST(PinsTest, AStaleWriterIsNotLedAstrayByARemovedVersion) {
  for (const bool is_owned : {true, false}) {
    MemoryFileSystem fs;
    const SnapshotPtr stale = MakeTable(fs, is_owned);
    for (int i = 0; i < 3; i++) Commit(fs);
    ASSERT_TRUE(fs.Remove(kPaths.Manifest(2)));
    ASSERT_TRUE(fs.Remove(kPaths.Manifest(3)));
    Change change;
    change.kind = Change::Kind::kOverwrite;
    change.schema = stale->schema();
    const auto done = table::Commit(stale, change);
    ASSERT_TRUE(done) << done.error().ToString();
    EXPECT_EQ((*done)->version(), 5u);
  }
}

}  // namespace
}  // namespace squire::table
