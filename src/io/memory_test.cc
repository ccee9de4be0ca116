// The strict file system, and the failing one over it.

#include "io/memory.h"

#include <gtest/gtest.h>

#include <thread>

#include "io/durable.h"
#include "io/faulty.h"

namespace squire {
namespace {

void Write(FileSystem& fs, const std::string& path, std::string_view text, bool sync) {
  auto file = fs.Create(path);
  ASSERT_TRUE(file) << file.error().ToString();
  ASSERT_TRUE((*file)->Append(AsBytes(text)));
  if (sync) {
    ASSERT_TRUE((*file)->Sync());
  }
  ASSERT_TRUE((*file)->Close());
}

std::string Content(FileSystem& fs, const std::string& path) {
  auto bytes = ReadWholeFile(fs, path);
  return bytes ? std::string(AsText(*bytes)) : std::string(CodeName(bytes.error().code));
}

TEST(MemoryFileSystemTest, BehavesAsADisk) {
  MemoryFileSystem fs;
  EXPECT_EQ(fs.Create("/d/a").error().code, Code::kNotFound);
  ASSERT_TRUE(fs.CreateFolders("/d/e"));
  Write(fs, "/d/a", "hello", false);
  EXPECT_EQ(fs.Create("/d/a").error().code, Code::kAlreadyExists);
  EXPECT_EQ(Content(fs, "/d/a"), "hello");
  EXPECT_EQ(fs.List("/d")->size(), 2u);
  EXPECT_EQ(fs.Stat("/d/a")->size_bytes, 5u);
  EXPECT_TRUE(fs.Stat("/d/e")->is_folder);
  EXPECT_EQ(fs.OpenRead("/d/a/b").error().code, Code::kNotFound);
  ASSERT_TRUE(fs.Link("/d/a", "/d/b"));
  EXPECT_EQ(fs.Link("/d/a", "/d/b").error().code, Code::kAlreadyExists);
  EXPECT_EQ(fs.RenameIfAbsent("/d/a", "/d/b").error().code, Code::kAlreadyExists);
  ASSERT_TRUE(fs.Rename("/d/a", "/d/e/c"));
  EXPECT_EQ(Content(fs, "/d/a"), "NotFound");
  EXPECT_EQ(Content(fs, "/d/e/c"), "hello");
  ASSERT_TRUE(fs.Remove("/d/b"));
  EXPECT_EQ(fs.Remove("/d/b").error().code, Code::kNotFound);
  ASSERT_TRUE(fs.RemoveAll("/d"));
  EXPECT_EQ(fs.List("/d").error().code, Code::kNotFound);
  EXPECT_EQ(fs.open_handles(), 0);
}

TEST(MemoryFileSystemTest, DroppedFilesGoAndHandlesAreCounted) {
  MemoryFileSystem fs;
  {
    auto file = fs.Create("/a");
    auto lock = fs.Lock("/lock", false);
    EXPECT_EQ(fs.Lock("/lock", false).error().code, Code::kConflict);
    EXPECT_EQ(fs.open_handles(), 2);
  }
  EXPECT_EQ(fs.open_handles(), 0);
  EXPECT_EQ(Content(fs, "/a"), "NotFound");
  EXPECT_TRUE(fs.Lock("/lock", false));
}

TEST(MemoryFileSystemTest, PowerLossTakesWhatWasNotSynced) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateFolders("/d"));
  ASSERT_TRUE(fs.SyncFolder("/"));
  Write(fs, "/d/whole", "x", true);
  Write(fs, "/d/empty", "x", false);
  ASSERT_TRUE(fs.SyncFolder("/d"));
  Write(fs, "/d/nameless", "x", true);
  ASSERT_TRUE(fs.Remove("/d/whole"));
  fs.PowerLoss();
  EXPECT_EQ(Content(fs, "/d/whole"), "x") << "its removal was not synced";
  EXPECT_EQ(Content(fs, "/d/empty"), "");
  EXPECT_EQ(Content(fs, "/d/nameless"), "NotFound");
}

TEST(MemoryFileSystemTest, NamesMayFollowFiles) {
  MemoryFileSystem fs({.names_follow_file_sync = true});
  ASSERT_TRUE(fs.CreateFolders("/d/e"));
  Write(fs, "/d/e/a", "x", true);
  Write(fs, "/d/e/b", "x", false);
  fs.PowerLoss();
  EXPECT_EQ(Content(fs, "/d/e/a"), "x");
  EXPECT_EQ(Content(fs, "/d/e/b"), "NotFound");
}

TEST(MemoryFileSystemTest, RandomLossIsRepeatable) {
  for (uint64_t seed = 0; seed < 20; seed++) {
    std::string seen[2];
    for (std::string& out : seen) {
      MemoryFileSystem fs;
      for (const char* name : {"/a", "/b", "/c"}) Write(fs, name, "some text", false);
      const auto clone = fs.Clone();
      clone->PowerLoss(Unsynced::kRandom, seed);
      for (const char* name : {"/a", "/b", "/c"}) out += Content(*clone, name) + ";";
      EXPECT_EQ(Content(fs, "/a"), "some text") << "a clone shares nothing";
    }
    EXPECT_EQ(seen[0], seen[1]);
  }
}

TEST(MemoryFileSystemTest, AFullDiskTakesWhatFits) {
  MemoryFileSystem fs({.capacity_bytes = 8});
  auto file = fs.Create("/a");
  ASSERT_TRUE((*file)->Append(AsBytes("12345")));
  EXPECT_EQ((*file)->Append(AsBytes("67890")).error().code, Code::kNoSpace);
  EXPECT_EQ((*file)->size(), 8u);
  file->reset();
  EXPECT_EQ(fs.bytes_used(), 0u);
}

TEST(PublishTest, OneOfManyWinsByEveryWay) {
  for (int way = 0; way < 3; way++) {
    MemoryFileSystem fs({.has_links = way < 1, .has_rename_if_absent = way < 2});
    std::atomic<int> winners = 0, losers = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++) {
      threads.emplace_back([&, i] {
        auto published = fs.PublishIfAbsent("/v1", AsBytes("writer " + std::to_string(i)));
        if (published) winners++;
        if (!published && published.error().code == Code::kAlreadyExists) losers++;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(losers, 7);
    EXPECT_EQ(fs.List("/")->size(), way < 2 ? 1u : 2u) << "temporary files are gone";
    fs.PowerLoss();
    EXPECT_EQ(Content(fs, "/v1").substr(0, 7), "writer ") << "durable when published";
  }
}

/// Every fault at every call, by every way of publishing: nothing under the name and an error that says so, or the
/// whole file, or an error that says that it cannot be known.
TEST(PublishTest, FaultsNeverLeaveHalfAVersion) {
  int64_t injected = 0;
  for (int way = 0; way < 3; way++) {
    for (Fault fault : kAllFaults) {
      for (int mode = 0; mode < 2; mode++) {
        for (int64_t at = 1;; at++) {
          MemoryFileSystem fs({.has_links = way < 1, .has_rename_if_absent = way < 2});
          FaultyFileSystem faulty(fs);
          faulty.Arm({fault, at, mode == 1, static_cast<uint64_t>(at)});
          const auto published = faulty.PublishIfAbsent("/v1", AsBytes("whole"));
          injected += std::ssize(faulty.injected());
          EXPECT_EQ(faulty.repeated_syncs(), 0);
          EXPECT_EQ(fs.open_handles(), 0);
          const std::string content = Content(fs, "/v1");
          if (published)
            EXPECT_EQ(content, "whole");
          else if (published.error().code == Code::kCommitUnknown)
            EXPECT_TRUE(content == "whole" || content == "NotFound") << content;
          else
            EXPECT_EQ(content, "NotFound") << published.error().ToString();
          if (faulty.injected().empty()) break;
        }
      }
    }
  }
  EXPECT_GT(injected, 100);
  RecordProperty("faults", std::to_string(injected));
}

TEST(CreateDurableTest, IsDurableInOneSyncWhereThatCanBe) {
  const std::vector<std::string> folders = {"/d", "/e"};
  for (const MemoryOptions& options :
       {MemoryOptions{}, MemoryOptions{.names_follow_file_sync = true},
        MemoryOptions{.names_follow_file_sync = true, .can_sync_all = false}, MemoryOptions{.can_sync_all = false}}) {
    for (size_t count : {0, 1, 5}) {
      MemoryFileSystem fs(options);
      for (const std::string& folder : folders) ASSERT_TRUE(fs.CreateFolders(folder));
      ASSERT_TRUE(fs.SyncFolder("/"));
      Write(fs, "/d/before", "x", true);
      std::vector<NewFile> files;
      for (size_t i = 0; i < count; i++) files.push_back({"/e/f" + std::to_string(i), {'a', 'b'}});
      const int64_t before = fs.syncs();
      ASSERT_TRUE(CreateDurable(fs, files, folders));
      if (options.can_sync_all) {
        EXPECT_LE(fs.syncs() - before, 1);
      }
      fs.PowerLoss();
      EXPECT_EQ(Content(fs, "/d/before"), "x");
      for (const NewFile& file : files) EXPECT_EQ(Content(fs, file.path), "ab");
    }
  }
}

TEST(MemoryFileSystemTest, FilesAreChangedInPlaceOnAFullDisk) {
  MemoryFileSystem fs;
  Write(fs, "/slots", "aaaabbbb", true);
  ASSERT_TRUE(fs.Reserve("/ballast", 100));
  EXPECT_EQ(fs.Stat("/ballast")->size_bytes, 100u);
  EXPECT_EQ(fs.bytes_used(), 108u);
  fs.set_capacity_bytes(108);
  EXPECT_EQ(*fs.FreeBytes("/"), 0u);
  EXPECT_EQ(fs.Reserve("/more", 1).error().code, Code::kNoSpace);
  {
    auto file = fs.OpenInPlace("/slots");
    ASSERT_TRUE(file);
    EXPECT_EQ(fs.OpenInPlace("/slots").error().code, Code::kConflict);
    ASSERT_TRUE((*file)->Write(0, AsBytes("cccc")));
    ASSERT_TRUE((*file)->Sync());
    ASSERT_TRUE((*file)->Write(4, AsBytes("dddd")));
    EXPECT_FALSE((*file)->Write(5, AsBytes("eeee")));
  }
  EXPECT_EQ(fs.open_handles(), 0);
  EXPECT_EQ(Content(fs, "/slots"), "ccccdddd");
  EXPECT_EQ(fs.Clone()->bytes_used(), 108u);
  ASSERT_TRUE(fs.Remove("/ballast"));
  EXPECT_EQ(*fs.FreeBytes("/"), 100u);
  ASSERT_TRUE(fs.SyncFolder("/"));
  fs.PowerLoss();
  EXPECT_EQ(Content(fs, "/slots"), "ccccbbbb");
}

TEST(FaultyFileSystemTest, InPlaceWritesAreTorn) {
  MemoryFileSystem disk;
  Write(disk, "/slots", "aaaabbbb", true);
  FaultyFileSystem fs(disk);
  fs.Arm({Fault::kTornWrite, 1, false, 7});
  EXPECT_EQ((*fs.OpenInPlace("/slots"))->Write(0, AsBytes("cccccccc")).error().code, Code::kIo);
  EXPECT_NE(Content(disk, "/slots"), "cccccccc");
  for (Fault fault : {Fault::kIo, Fault::kTooManyFiles, Fault::kNoSpace}) {
    fs.Arm({fault, 1, true, 0});
    EXPECT_FALSE(fs.Reserve("/ballast", 1));
    EXPECT_EQ(disk.Stat("/ballast").error().code, Code::kNotFound);
    EXPECT_EQ(bool(fs.OpenInPlace("/slots")), fault == Fault::kNoSpace);
  }
}

}  // namespace
}  // namespace squire
