/// Our reading of ignore files against git's own, over made trees and patterns.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "corpus/test_tree.h"

namespace squire::corpus {
namespace {

/// What `git ls-files --others --exclude-standard` lists, or nothing if git is not there.
std::vector<std::string> GitFiles(const std::string& root) {
  const std::string command = "cd '" + root + "' && git ls-files -z --others --exclude-standard 2>/dev/null";
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  char buffer[4096];
  for (size_t got; (got = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
  ::pclose(pipe);
  std::vector<std::string> files;
  for (size_t at = 0; at < out.size(); at += files.back().size() + 1) files.emplace_back(out.c_str() + at);
  std::sort(files.begin(), files.end());
  return files;
}

bool HaveGit() { return std::system("git --version >/dev/null 2>&1") == 0; }

ScanOptions OnlyGit() {
  ScanOptions options;
  options.rules.default_skips = false;
  options.rules.secrets = true;
  options.explain = true;
  return options;
}

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  size_t Below(size_t n) { return random_() % n; }
  const char* Name() {
    static const char* const names[] = {"a",   "b",  "ab", "abc", "foo",   "foo.c", "bar.o",
                                        "a b", "x]", "#h", "!n",  "a.b.c", "-",     "Z"};
    return names[Below(std::size(names))];
  }

  void Tree(const TestTree& tree, const std::string& folder, int depth) {
    const size_t count = 3 + Below(4);
    for (size_t i = 0; i < count; ++i) {
      const std::string path = folder + Name();
      if (std::filesystem::exists(tree.At(path))) continue;
      if (depth < 3 && Below(2) == 0) {
        Tree(tree, path + "/", depth + 1);
      } else {
        tree.Write(path);
      }
    }
    if (depth == 0 || Below(3) == 0) tree.Write(folder + ".gitignore", Patterns());
  }

  std::string Patterns() {
    std::string out;
    const size_t lines = 1 + Below(5);
    for (size_t i = 0; i < lines; ++i) out += Pattern() + (Below(9) == 0 ? "\r\n" : "\n");
    return out;
  }

  std::string Pattern() {
    std::string out = Below(3) == 0 ? "!" : "";
    if (Below(5) == 0) out += '/';
    const size_t segments = 1 + Below(3);
    for (size_t i = 0; i < segments; ++i) {
      if (i > 0) out += '/';
      out += Segment();
    }
    if (Below(4) == 0) out += '/';
    static const char* const tails[] = {"", "", "", "", " ", "  ", "\\ ", "\t"};
    return out + tails[Below(std::size(tails))];
  }

 private:
  std::string Segment() {
    static const char* const wild[] = {"*",     "**",      "?",    "a*",   "*.c",         "*.*", "[ab]*", "[!a]*",
                                       "f?o",   "[a-f]oo", "\\#h", "\\!n", "[[:alpha:]]", "***", "*b*",   "x\\]",
                                       "[]x]*", "a\\*",    "#h",   "[a",   "foo.[co]",    "\\a"};
    return Below(2) == 0 ? Name() : wild[Below(std::size(wild))];
  }

  std::mt19937_64 random_;
};

TEST(IgnoreAgainstGit, MadeTreesAndPatterns) {
  if (!HaveGit()) GTEST_SKIP() << "git is not installed";
  const NoHome no_home;
  uint64_t kept = 0, ignored = 0;
  const TestTree tree;
  ASSERT_EQ(std::system(("git init -q --template= '" + tree.root() + "'").c_str()), 0);
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    for (const auto& entry : std::filesystem::directory_iterator(tree.root())) {
      if (entry.path().filename() != ".git") std::filesystem::remove_all(entry.path());
    }
    Maker maker(seed);
    maker.Tree(tree, "", 0);
    tree.Write(".git/info/exclude", seed % 3 == 0 ? maker.Patterns() : "");
    no_home.home().Write(".gitconfig", "[core]\n\texcludesFile = ~/my ignore # here\n");
    no_home.home().Write("my ignore", seed % 4 == 0 ? maker.Patterns() : "");
    const auto ours = Scan(tree.root(), OnlyGit());
    ASSERT_TRUE(ours) << ours.error().ToString();
    ASSERT_EQ(Paths(*ours), GitFiles(tree.root())) << "seed " << seed;
    kept += ours->files.size();
    ignored += ours->skipped[static_cast<size_t>(SkipReason::kGitIgnore)];
  }
  EXPECT_GT(kept, 100u);
  EXPECT_GT(ignored, 100u);
}

TEST(IgnoreAgainstGit, BelowTheTopOfARepository) {
  if (!HaveGit()) GTEST_SKIP() << "git is not installed";
  const NoHome no_home;
  const TestTree tree;
  ASSERT_EQ(std::system(("git init -q '" + tree.root() + "'").c_str()), 0);
  tree.Write(".gitignore", "*.log\n/sub/inner/gen/\n");
  tree.Write("sub/.gitignore", "inner/*.tmp\n!inner/keep.log\n");
  for (const char* name : {"a.c", "a.log", "keep.log", "x.tmp", "gen/y.c", "d/x.tmp"}) {
    tree.Write(std::string("sub/inner/") + name);
  }
  const auto ours = Scan(tree.At("sub/inner"), OnlyGit());
  ASSERT_TRUE(ours);
  EXPECT_EQ(Paths(*ours), GitFiles(tree.At("sub/inner")));
  EXPECT_EQ(Paths(*ours), (std::vector<std::string>{"a.c", "d/x.tmp", "keep.log"}));
}

}  // namespace
}  // namespace squire::corpus
