// Locks on bytes: of the machine, of the file system in memory, of the faulty one over it.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "io/faulty.h"
#include "io/lock_probe.h"
#include "io/memory.h"

namespace squire {
namespace {

using Mode = ByteLocks::Mode;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_locks_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string At(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void CheckLocks(FileSystem& fs, const std::string& path) {
  EXPECT_EQ(fs.OpenByteLocks(path, false).error().code, Code::kNotFound);
  auto a = fs.OpenByteLocks(path, true), b = fs.OpenByteLocks(path, false);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(fs.Stat(path)->size_bytes, 0u);
  EXPECT_TRUE((*a)->TryLock(7, Mode::kShared));
  EXPECT_TRUE((*b)->TryLock(7, Mode::kShared));
  EXPECT_TRUE((*b)->TryLock(8, Mode::kExclusive));
  EXPECT_EQ((*a)->TryLock(8, Mode::kShared).error().code, Code::kConflict);
  EXPECT_EQ((*a)->TryLock(7, Mode::kExclusive).error().code, Code::kConflict);
  EXPECT_FALSE(*(*a)->IsFree(7));
  EXPECT_FALSE(*(*a)->IsFree(8));
  EXPECT_TRUE(*(*a)->IsFree(9));
  (*b)->Unlock(7);
  EXPECT_TRUE(*(*a)->IsFree(7)) << "what it holds itself is in nobody's way";
  EXPECT_TRUE((*a)->TryLock(7, Mode::kExclusive));
  b->reset();
  EXPECT_TRUE((*a)->TryLock(8, Mode::kShared)) << "locks go with their object";
}

TEST(ByteLocksTest, OfTheMachine) {
  const TemporaryFolder folder;
  CheckLocks(PosixFileSystem(), folder.At("locks"));
  auto locks = PosixFileSystem().OpenByteLocks(folder.At("locks"), false);
  ASSERT_TRUE(locks);
  EXPECT_EQ((*locks)->TryLock(UINT64_MAX, Mode::kShared).error().code, Code::kUnsupported) << "no file is that long";
}

TEST(ByteLocksTest, InMemory) {
  MemoryFileSystem disk;
  CheckLocks(disk, "/locks");
  EXPECT_EQ(disk.open_handles(), 0);
  disk.set_read_only(true);
  EXPECT_EQ(disk.OpenByteLocks("/other", true).error().os_errno, EROFS);
  EXPECT_TRUE(disk.OpenByteLocks("/locks", true));
  MemoryFileSystem without({.has_byte_locks = false});
  EXPECT_EQ(without.OpenByteLocks("/locks", true).error().code, Code::kUnsupported);
}

TEST(ByteLocksTest, FaultsStrikeThem) {
  MemoryFileSystem disk;
  FaultyFileSystem fs(disk);
  CheckLocks(fs, "/locks");
  fs.Arm({Fault::kTooManyFiles, 1, false, 0});
  EXPECT_EQ(fs.OpenByteLocks("/locks", true).error().code, Code::kTooManyFiles);
  auto locks = fs.OpenByteLocks("/locks", true);
  ASSERT_TRUE(locks);
  fs.Arm({Fault::kIo, 1, true, 0});
  EXPECT_EQ((*locks)->TryLock(1, Mode::kShared).error().code, Code::kIo);
  EXPECT_EQ((*locks)->IsFree(1).error().code, Code::kIo);
}

TEST(ByteLocksTest, TheyGoWithTheirProcess) {
  const TemporaryFolder folder;
  const std::string path = folder.At("locks");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto locks = PosixFileSystem().OpenByteLocks(path, true);
    const bool held = locks && (*locks)->TryLock(3, Mode::kShared);
    (void)!::write(ready[1], held ? "y" : "n", 1);
    ::pause();
  }
  char held = 0;
  ASSERT_EQ(::read(ready[0], &held, 1), 1);
  EXPECT_EQ(held, 'y');
  auto locks = PosixFileSystem().OpenByteLocks(path, false);
  ASSERT_TRUE(locks);
  EXPECT_FALSE(*(*locks)->IsFree(3));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(*(*locks)->IsFree(3));
  ::close(ready[0]);
  ::close(ready[1]);
}

/// A child that lets go of what it has in common with its parent takes nothing from it.
TEST(ByteLocksTest, AChildTakesNothingFromItsParent) {
  const TemporaryFolder folder;
  auto locks = PosixFileSystem().OpenByteLocks(folder.At("locks"), true);
  auto other = PosixFileSystem().OpenByteLocks(folder.At("locks"), true);
  ASSERT_TRUE(locks && other && (*locks)->TryLock(3, Mode::kShared));
  const pid_t child = ::fork();
  if (child == 0) {
    (*locks)->Unlock(3);
    locks->reset();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(*(*other)->IsFree(3));
}

TEST(LockProbeTest, FindsLocksThatKeepNobodyOut) {
  const TemporaryFolder folder;
  const std::string path = folder.At("probed");
  const auto held = PosixFileSystem().Lock(path, false);
  ASSERT_TRUE(held);
  bool is_known = false;
  EXPECT_TRUE(ProbeLock(path, [](int fd) { return ::flock(fd, LOCK_EX | LOCK_NB); }, is_known));
  EXPECT_TRUE(is_known);
  EXPECT_FALSE(ProbeLock(path, [](int) { return 0; }, is_known)) << "granted twice";
  EXPECT_TRUE(is_known);
  const auto without_locks = [](int) {
    errno = ENOLCK;
    return -1;
  };
  EXPECT_TRUE(ProbeLock(path, without_locks, is_known));
  EXPECT_FALSE(is_known);
  EXPECT_TRUE(ProbeLock(folder.At("nothing"), without_locks, is_known));
  EXPECT_FALSE(is_known);
}

}  // namespace
}  // namespace squire
