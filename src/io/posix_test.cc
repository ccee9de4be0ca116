#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "io/file_system.h"

namespace squire {
namespace {

class PosixTest : public testing::Test {
 protected:
  PosixTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_posix_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~PosixTest() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string At(const std::string& name) const { return folder_ + "/" + name; }

  FileSystem& fs_ = PosixFileSystem();
  std::string folder_;
};

TEST_F(PosixTest, WritesReadsLists) {
  auto file = fs_.Create(At("a"));
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->Append(AsBytes("hello ")));
  ASSERT_TRUE((*file)->Append(AsBytes("world")));
  ASSERT_TRUE((*file)->Sync());
  ASSERT_TRUE((*file)->Close());
  EXPECT_EQ(fs_.Create(At("a")).error().code, Code::kAlreadyExists);
  auto bytes = ReadWholeFile(fs_, At("a"));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(AsText(*bytes), "hello world");
  auto list = fs_.List(folder_);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ((*list)[0].size_bytes, 11u);
}

TEST_F(PosixTest, DroppedFileIsRemoved) {
  {
    auto file = fs_.Create(At("gone"));
    ASSERT_TRUE(file);
  }
  EXPECT_EQ(fs_.Stat(At("gone")).error().code, Code::kNotFound);
}

TEST_F(PosixTest, ReadPastTheEndIsCorruption) {
  ASSERT_TRUE(fs_.Replace(At("short"), AsBytes("abc")));
  auto file = fs_.OpenRead(At("short"));
  ASSERT_TRUE(file);
  std::vector<uint8_t> out(4);
  EXPECT_EQ((*file)->Read(0, out).error().code, Code::kCorruption);
}

TEST_F(PosixTest, OnePublisherWins) {
  std::atomic<int> winners = 0, losers = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([&, i] {
      auto published = fs_.PublishIfAbsent(At("v1"), AsBytes(std::to_string(i)));
      if (published)
        winners++;
      else if (published.error().code == Code::kAlreadyExists)
        losers++;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(losers, 7);
  EXPECT_EQ(fs_.List(folder_)->size(), 1u) << "temporary files are gone";
}

TEST_F(PosixTest, NamesThatAreTakenStay) {
  ASSERT_TRUE(fs_.Replace(At("a"), AsBytes("a")));
  ASSERT_TRUE(fs_.Replace(At("b"), AsBytes("b")));
  for (const auto& taken : {fs_.Link(At("a"), At("b")), fs_.RenameIfAbsent(At("a"), At("b"))})
    EXPECT_TRUE(taken.error().code == Code::kAlreadyExists || taken.error().code == Code::kUnsupported);
  EXPECT_EQ(AsText(*ReadWholeFile(fs_, At("b"))), "b");
  if (fs_.Link(At("a"), At("c"))) {
    EXPECT_EQ(AsText(*ReadWholeFile(fs_, At("c"))), "a");
  }
}

TEST_F(PosixTest, SyncsTheWholeFileSystemWhereItSaysSo) {
  if (fs_.Traits(folder_).can_sync_all) {
    EXPECT_TRUE(fs_.SyncAll(folder_));
  }
  EXPECT_FALSE(fs_.Traits(At("not")).can_sync_all);
  EXPECT_FALSE(fs_.SyncAll(At("not")));
}

TEST_F(PosixTest, LockIsExclusive) {
  auto held = fs_.Lock(At("lock"), false);
  ASSERT_TRUE(held);
  EXPECT_EQ(fs_.Lock(At("lock"), false).error().code, Code::kConflict);
  held->reset();
  EXPECT_TRUE(fs_.Lock(At("lock"), false));
}

TEST_F(PosixTest, FilesAreChangedWhereTheyLie) {
  EXPECT_EQ(fs_.OpenInPlace(At("slots")).error().code, Code::kNotFound);
  ASSERT_TRUE(fs_.Replace(At("slots"), AsBytes("aaaabbbb")));
  auto file = fs_.OpenInPlace(At("slots"));
  ASSERT_TRUE(file) << file.error().ToString();
  EXPECT_EQ(fs_.OpenInPlace(At("slots")).error().code, Code::kConflict);
  ASSERT_TRUE((*file)->Write(4, AsBytes("cccc")));
  EXPECT_EQ((*file)->Write(5, AsBytes("dddd")).error().code, Code::kInvalidArgument);
  ASSERT_TRUE((*file)->Sync());
  uint8_t read[8];
  ASSERT_TRUE((*file)->Read(0, read));
  EXPECT_EQ(AsText(read), "aaaacccc");
  file->reset();
  EXPECT_TRUE(fs_.OpenInPlace(At("slots")));
  EXPECT_FALSE(fs_.OpenInPlace(folder_));
}

TEST_F(PosixTest, ReservedBytesTakeRoom) {
  ASSERT_TRUE(fs_.Reserve(At("ballast"), 1 << 20));
  EXPECT_EQ(fs_.Stat(At("ballast"))->size_bytes, 1u << 20);
  EXPECT_EQ(fs_.Reserve(At("ballast"), 1).error().code, Code::kAlreadyExists);
  struct stat st{};
  ASSERT_EQ(::stat(At("ballast").c_str(), &st), 0);
  EXPECT_GE(st.st_blocks * 512, 1 << 20);
  EXPECT_FALSE(fs_.Reserve(At("too_big"), uint64_t{1} << 62));
  EXPECT_EQ(fs_.Stat(At("too_big")).error().code, Code::kNotFound);
  EXPECT_GT(*fs_.FreeBytes(folder_), 0u);
  EXPECT_EQ(fs_.FreeBytes(At("none")).error().code, Code::kNotFound);
}

/// Where the file system is not one that wants a nursery, files are made where they belong: nothing else differs.
TEST_F(PosixTest, FilesOfABusyTableComeOutOfTheNursery) {
  const std::string nursery = At("own/nursery");
  for (const char* folder : {"data", "own/nursery/07"}) ASSERT_TRUE(fs_.CreateFolders(At(folder)));
  std::ofstream(nursery + "/07/left_by_a_killed_program") << "x";
  fs_.BeginNursery(folder_, nursery);
  for (int i = 0; i < 300; i++) {
    auto file = fs_.Create(At("data/" + std::to_string(i)));
    ASSERT_TRUE(file) << file.error().ToString();
    ASSERT_TRUE((*file)->Append(AsBytes(std::to_string(i))));
    if (i % 3 == 0) continue;  // dropped
    ASSERT_TRUE((*file)->Sync());
    ASSERT_TRUE((*file)->Close());
  }
  EXPECT_EQ(fs_.Create(At("data/298")).error().code, Code::kAlreadyExists);
  EXPECT_EQ(fs_.Create(At("none/0")).error().code, Code::kNotFound);
  EXPECT_EQ(AsText(*ReadWholeFile(fs_, At("data/298"))), "298");
  EXPECT_EQ(fs_.ListNames(At("data"))->size(), 200u) << "what is dropped goes";
  struct statfs disk{};
  ASSERT_EQ(::statfs(folder_.c_str(), &disk), 0);
  const bool is_used = disk.f_type == 0xef53;  // ext2, ext3, ext4
  EXPECT_EQ(fs_.Stat(nursery + "/15").has_value(), is_used);
  EXPECT_EQ(fs_.ListNames(nursery + "/07")->size(), is_used ? 0u : 1u);
  std::filesystem::remove_all(nursery);
  EXPECT_TRUE(fs_.Create(At("data/again"))) << "without it too";
  fs_.EndNursery(folder_);
}

TEST_F(PosixTest, ManyFilesGoAtOnce) {
  std::vector<std::string> paths;
  for (int i = 0; i < 20; i++) {
    paths.push_back(At(std::to_string(i)));
    if (i != 7) std::ofstream(paths.back()) << "x";
  }
  const auto removed = fs_.RemoveMany(paths);
  ASSERT_EQ(removed.size(), paths.size());
  for (size_t i = 0; i < removed.size(); i++) EXPECT_EQ(removed[i].has_value(), i != 7);
  EXPECT_EQ(removed[7].error().code, Code::kNotFound);
  EXPECT_TRUE(fs_.ListNames(folder_)->empty());
}

}  // namespace
}  // namespace squire
