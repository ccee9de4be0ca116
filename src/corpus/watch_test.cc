#include "corpus/watch.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "corpus/test_tree.h"

namespace squire::corpus {
namespace {

using Names = std::vector<std::string>;
using Files = std::set<std::string>;
constexpr int kPatienceMs = 20'000;  // only a failing test waits that long

/// A follower as a real one is: keeps the set of files by what the watcher tells, and counts changes of each.
class Follower {
 public:
  Follower(const TestTree& tree, const WatchOptions& options) : tree_(tree), options_(options) {
    auto started = Watcher::Start(tree.root(), options);
    if (started) watcher_.emplace(std::move(*started));
    Rescan();
  }

  Watcher& watcher() { return *watcher_; }
  const Files& files() const { return files_; }
  int rescans() const { return rescans_; }
  int told(const std::string& path) const { return told_.contains(path) ? told_.at(path) : 0; }

  /// Follows until `done` holds; false if patience ends.
  bool Until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      const auto batch = watcher_->Wait(100);
      if (!batch) return false;
      if (batch->rescan) Rescan();
      for (const std::string& path : batch->paths) Apply(path);
    }
    return true;
  }

  bool UntilInStep() {
    return Until([&] { return files_ == Now(); });
  }

 private:
  Files Now() const {
    Files out;
    const auto scan = Scan(tree_.root(), options_.scan);
    for (const FileEntry& file : scan->files) out.insert(file.path);
    return out;
  }
  void Rescan() {
    files_ = Now();
    ++rescans_;
  }
  void Apply(const std::string& path) {
    ++told_[path];
    std::erase_if(files_, [&](const std::string& file) { return file == path || file.starts_with(path + "/"); });
    const auto scan = ScanPaths(tree_.root(), {path}, options_.scan);
    for (const FileEntry& file : scan->files) {
      files_.insert(file.path);
      if (file.path != path) ++told_[file.path];
    }
  }

  const TestTree& tree_;
  WatchOptions options_;
  std::optional<Watcher> watcher_;
  Files files_;
  int rescans_ = -1;  // the first scan is none
  std::map<std::string, int> told_;
};

class WatchTest : public ::testing::Test {
 protected:
  NoHome no_home_;
  TestTree tree_;
};

TEST_F(WatchTest, WritesAtomicSavesAndDeletes) {
  tree_.Write("d/a.c");
  tree_.Write("d/b.c");
  Follower follower(tree_, {});
  EXPECT_EQ(follower.watcher().folders(), 2u);
  tree_.Write("d/a.c", "changed\n");
  ASSERT_TRUE(follower.Until([&] { return follower.told("d/a.c") > 0; }));
  tree_.Write("d/.b.c.tmp", "new\n");
  std::filesystem::rename(tree_.At("d/.b.c.tmp"), tree_.At("d/b.c"));
  ASSERT_TRUE(follower.Until([&] { return follower.told("d/b.c") > 0; }));
  tree_.Remove("d/a.c");
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_EQ(follower.files(), (Files{"d/b.c"}));
  EXPECT_EQ(follower.rescans(), 0);
}

TEST_F(WatchTest, FoldersComeMoveAndGo) {
  Follower follower(tree_, {});
  for (int i = 0; i < 20; ++i) tree_.Write("new/deep/er/f" + std::to_string(i) + ".c");
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_EQ(follower.files().size(), 20u);
  std::filesystem::rename(tree_.At("new/deep"), tree_.At("moved"));
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_TRUE(follower.files().contains("moved/er/f0.c"));
  tree_.Write("moved/er/f0.c", "in its new place\n");
  ASSERT_TRUE(follower.Until([&] { return follower.told("moved/er/f0.c") > 1; }));
  const TestTree elsewhere;
  std::filesystem::rename(tree_.At("moved"), elsewhere.At("away"));
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_TRUE(follower.files().empty());
  std::filesystem::rename(elsewhere.At("away"), tree_.At("back"));
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_EQ(follower.files().size(), 20u);
  tree_.Remove("back");
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_EQ(follower.rescans(), 0);
}

TEST_F(WatchTest, BulkChangesAsOfACheckout) {
  const auto revision = [&](int from, int to, const std::string& text) {
    for (int i = from; i < to; ++i) {
      tree_.Write("m" + std::to_string(i % 7) + "/s" + std::to_string(i % 3) + "/f" + std::to_string(i) + ".c", text);
    }
  };
  revision(0, 300, "one\n");
  Follower follower(tree_, {});
  std::thread other([&] {
    for (int i = 0; i < 5; ++i) tree_.Remove("m" + std::to_string(i));
    revision(150, 450, "two\n");
  });
  other.join();
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_GT(follower.files().size(), 300u);
}

TEST_F(WatchTest, IgnoredIsNotWatchedNorTold) {
  tree_.Write(".gitignore", "*.log\n");
  tree_.Write("node_modules/m/i.js");
  tree_.Write("env/pyvenv.cfg");
  tree_.Write("env/lib/a.py");
  Follower follower(tree_, {});
  EXPECT_EQ(follower.watcher().folders(), 1u);
  tree_.Write("a.log");
  tree_.Write("node_modules/m/j.js");
  tree_.Write("b.c");
  ASSERT_TRUE(follower.Until([&] { return follower.told("b.c") > 0; }));
  EXPECT_EQ(follower.told("a.log"), 0);
  EXPECT_EQ(follower.told("node_modules"), 0);
  tree_.Write(".gitignore", "*.c\n");
  ASSERT_TRUE(follower.Until([&] { return follower.rescans() > 0; }));
  EXPECT_EQ(follower.files(), (Files{".gitignore", "a.log"}));
}

TEST_F(WatchTest, WakesFromElsewhere) {
  auto watcher = Watcher::Start(tree_.root(), {});
  std::thread other([&] { watcher->Wake(); });
  const auto batch = watcher->Wait(kPatienceMs);
  other.join();
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->woken);
  const auto quiet = watcher->Wait(0);
  EXPECT_TRUE(quiet->empty() && !quiet->woken);
}

TEST_F(WatchTest, SweepsWhereWatchesEnd) {
  for (int i = 0; i < 5; ++i) tree_.Write("d" + std::to_string(i) + "/a.c");
  WatchOptions options;
  options.folders_max = 3;
  options.sweep_without_notices_ms = 20;
  Follower follower(tree_, options);
  EXPECT_FALSE(follower.watcher().degraded().empty());
  for (int i = 0; i < 5; ++i) tree_.Write("d" + std::to_string(i) + "/b.c");
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_TRUE(follower.Until([&] { return follower.rescans() > 1; }));
}

TEST_F(WatchTest, ManyPathsBecomeARescan) {
  WatchOptions options;
  options.paths_max = 10;
  Follower follower(tree_, options);
  for (int i = 0; i < 50; ++i) tree_.Write("f" + std::to_string(i) + ".c");
  ASSERT_TRUE(follower.UntilInStep());
  EXPECT_GT(follower.rescans(), 0);
}

TEST_F(WatchTest, TheRootGoingIsAnError) {
  auto inner = std::make_unique<TestTree>();
  auto watcher = Watcher::Start(inner->root(), {});
  ASSERT_TRUE(watcher);
  inner->Remove("");
  const auto batch = watcher->Wait(kPatienceMs);
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace squire::corpus
