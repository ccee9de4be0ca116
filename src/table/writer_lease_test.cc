#include "table/writer_lease.h"

#include <gtest/gtest.h>

#include <set>

#include "io/faulty.h"
#include "io/memory.h"

namespace squire::table {
namespace {

const Paths kPaths{"/t.lance"};

TEST(FileNamesTest, CarryTheirWriter) {
  for (int i = 0; i < 100; i++) {
    const uint32_t id = NewWriterId();
    EXPECT_EQ(ParseWriterId(WriterIdText(id)), id);
    const FileNames names(id);
    EXPECT_EQ(names.DataFile().size(), 32u + 6);
    EXPECT_EQ(WriterOf("data", names.DataFile()), id);
    EXPECT_EQ(WriterOf("_indices", names.Uuid()), id);
    EXPECT_EQ(names.Uuid().size(), 36u);
    EXPECT_EQ(names.Uuid()[14], '4');
    EXPECT_EQ(WriterOf("_transactions", "17-" + names.Uuid() + ".txn"), id);
    EXPECT_EQ(WriterOf("_deletions", "3-17-" + std::to_string(names.DeletionId()) + ".bin"), id);
    EXPECT_LT(names.DeletionId(), uint64_t{1} << 63);
    EXPECT_EQ(WriterOf("_versions", ".tmp_" + names.Mark() + "0011"), id);
    EXPECT_NE(names.DataFile(), names.DataFile());
    EXPECT_NE(names.DeletionId(), names.DeletionId());
  }
}

TEST(FileNamesTest, StrangersCarryNone) {
  const FileNames random;
  int found = 0;
  for (int i = 0; i < 1000; i++) {
    found += WriterOf("data", random.DataFile()).has_value();
    found += WriterOf("_indices", random.Uuid()).has_value();
    found += WriterOf("_transactions", "1-" + random.Uuid() + ".txn").has_value();
  }
  EXPECT_EQ(found, 0);
  EXPECT_TRUE(random.Mark().empty());
  for (const char* name : {"", "x", ".tmp_", "1-2-.bin", "1-2-99999999999999999999.bin", "1-2-3.bin", "0-1-12", ".txn",
                           "3-.txn", "011101001010110100101110be1a2b4c5d8e.lance"}) {
    for (const char* folder : {"data", "_indices", "_transactions", "_deletions", "_versions"})
      EXPECT_FALSE(WriterOf(folder, name)) << folder << "/" << name;
  }
  for (const char* text : {"", "1234567", "0000000a", "zzzzzzzz", "9a2b3c4d", "+a2b3c4d", "1A2B3C4D"})
    EXPECT_FALSE(ParseWriterId(text)) << text;
}

TEST(WriterLeaseTest, OneAProcessAndTable) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateFolders(kPaths.root));
  auto a = WriterLease::Of(fs, kPaths), b = WriterLease::Of(fs, kPaths);
  ASSERT_TRUE(a && b && *a);
  EXPECT_EQ(*a, *b);
  EXPECT_TRUE((*a)->TakeFirstLook());
  EXPECT_FALSE((*b)->TakeFirstLook());
  const auto writers = ListWriters(fs, kPaths);
  ASSERT_TRUE(writers);
  EXPECT_EQ(writers->living, std::vector{(*a)->id()});
  EXPECT_TRUE(writers->dead.empty());
  a->reset();
  EXPECT_EQ(fs.List(kPaths.Writers())->size(), 1u);
  b->reset();
  EXPECT_TRUE(fs.List(kPaths.Writers())->empty()) << "who ends well leaves nothing";
  EXPECT_EQ(fs.open_handles(), 0);
}

TEST(WriterLeaseTest, TheDeadAreFoundByTheirFile) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateFolders(kPaths.root));
  auto lease = WriterLease::Of(fs, kPaths);
  ASSERT_TRUE(lease);
  std::set<uint32_t> killed;
  for (int i = 0; i < 5; i++) {
    const uint32_t id = NewWriterId();
    killed.insert(id);
    ASSERT_TRUE(fs.Lock(JoinPath(kPaths.Writers(), WriterIdText(id)), false));  // and lets go of it
  }
  ASSERT_TRUE(fs.Lock(JoinPath(kPaths.Writers(), "README"), false));
  const auto looked = ListWriters(fs, kPaths, /*only_look=*/true);
  ASSERT_TRUE(looked);
  EXPECT_EQ(looked->dead.size(), 5u);
  EXPECT_EQ(ListWriterIds(fs, kPaths)->size(), 6u);
  for (int i = 0; i < 2; i++) {  // once told dead they stay so until their file is gone
    const auto writers = ListWriters(fs, kPaths);
    ASSERT_TRUE(writers);
    EXPECT_EQ(writers->living, std::vector{(*lease)->id()});
    EXPECT_EQ(writers->dead.size(), 5u);
    for (const DeadWriter& writer : writers->dead) {
      EXPECT_TRUE(killed.contains(writer.id));
      EXPECT_TRUE(fs.Stat(writer.path));
    }
  }
  EXPECT_EQ(*ListWriterIds(fs, kPaths), std::vector{(*lease)->id()});
}

/// Its file is there, not locked yet, when another finds it.
TEST(WriterLeaseTest, WhoIsTakenForDeadAtBirthTakesAnotherId) {
  MemoryFileSystem disk;
  ASSERT_TRUE(disk.CreateFolders(kPaths.Writers()));
  class Meddler : public FaultyFileSystem {
   public:
    explicit Meddler(MemoryFileSystem& inner) : FaultyFileSystem(inner), inner_(inner) {}
    Result<std::unique_ptr<FileLock>> Lock(const std::string& path, bool wait) override {
      auto lock = FaultyFileSystem::Lock(path, wait);
      if (++count_ == 1) {
        EXPECT_TRUE(inner_.Rename(path, path + ".dead"));
      }
      return lock;
    }

   private:
    MemoryFileSystem& inner_;
    int count_ = 0;
  } fs(disk);
  const auto lease = WriterLease::Of(fs, kPaths);
  ASSERT_TRUE(lease && *lease);
  EXPECT_EQ(*ListWriterIds(disk, kPaths), std::vector{(*lease)->id()});
  EXPECT_EQ(ListWriters(disk, kPaths)->dead.size(), 1u);
}

TEST(WriterLeaseTest, AFileThatStaysIsNotForgotten) {
  MemoryFileSystem disk;
  FaultyFileSystem fs(disk);
  ASSERT_TRUE(fs.CreateFolders(kPaths.Data()));
  auto lease = WriterLease::Of(fs, kPaths);
  ASSERT_TRUE(lease);
  RemoveLeftover(fs, kPaths, kPaths.DataFile("gone.lance"));
  fs.Arm({Fault::kIo, 1, false, 0});
  RemoveLeftover(fs, kPaths, kPaths.DataFile("gone.lance"));
  lease->reset();
  EXPECT_EQ(disk.List(kPaths.Writers())->size(), 1u);
}

TEST(WriterLeaseTest, AFolderThatCannotBeWrittenGivesNone) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateFolders(kPaths.root));
  fs.set_read_only(true);
  const auto lease = WriterLease::Of(fs, kPaths);
  ASSERT_TRUE(lease);
  EXPECT_EQ(*lease, nullptr);
}

}  // namespace
}  // namespace squire::table
