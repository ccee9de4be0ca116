#include "corpus/scan.h"

#include <sys/stat.h>

#include "corpus/git_home.h"
#include "corpus/test_tree.h"

namespace squire::corpus {
namespace {

using Names = std::vector<std::string>;

class ScanTest : public ::testing::Test {
 protected:
  ScanResult Run(const ScanOptions& options = {}) {
    auto result = Scan(tree_.root(), options);
    EXPECT_TRUE(result) << result.error().ToString();
    return result ? *std::move(result) : ScanResult{};
  }
  static uint64_t Skipped(const ScanResult& result, SkipReason reason) {
    return result.skipped[static_cast<size_t>(reason)];
  }
  NoHome no_home_;
  TestTree tree_;
};

TEST_F(ScanTest, BuiltInSkips) {
  for (const char* name :
       {"src/a.py", "node_modules/m/i.js", "build/x.c", ".git/config", "p/__pycache__/a.pyc", "logo.png", "app.min.js",
        "app.js.map", "Cargo.lock", ".env", ".env.example", "tls/server.key", "id_rsa", "id_rsa.pub", ".github/ci.yml",
        ".squire/state", "libx.so.1", "sub/.git"}) {
    tree_.Write(name);
  }
  const ScanResult result = Run();
  EXPECT_EQ(Paths(result), (Names{".env.example", ".github/ci.yml", "id_rsa.pub", "src/a.py"}));
  EXPECT_EQ(Skipped(result, SkipReason::kVersionControl), 3u);
  EXPECT_EQ(Skipped(result, SkipReason::kBuildOutput), 3u);
  EXPECT_EQ(Skipped(result, SkipReason::kSecret), 3u);
  EXPECT_EQ(Skipped(result, SkipReason::kBinary), 2u);
  EXPECT_EQ(Skipped(result, SkipReason::kGenerated), 2u);
  EXPECT_EQ(Skipped(result, SkipReason::kLockFile), 1u);
}

TEST_F(ScanTest, MarkedFoldersAreMade) {
  tree_.Write("env39/pyvenv.cfg");
  tree_.Write("env39/lib/a.py");
  tree_.Write("out/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
  tree_.Write("out/a.c");
  tree_.Write("notes/CACHEDIR.TAG", "about tags\n");
  tree_.Write("notes/a.c");
  EXPECT_EQ(Paths(Run()), (Names{"notes/CACHEDIR.TAG", "notes/a.c"}));
}

TEST_F(ScanTest, SquireIgnoreHasTheLastWord) {
  tree_.Write(".gitignore", "*.gen\nout/\n");
  tree_.Write(".squireignore", "!keep.gen\n!build/\n!out/\n!.env\ndrop.py\n");
  for (const char* name :
       {"keep.gen", "other.gen", "build/a.c", "out/b.c", "drop.py", ".env", "sub/.squireignore", "sub/c.c"}) {
    if (!std::filesystem::exists(tree_.At(name))) tree_.Write(name, "c.c\n");
  }
  EXPECT_EQ(Paths(Run()),
            (Names{".gitignore", ".squireignore", "build/a.c", "keep.gen", "out/b.c", "sub/.squireignore"}))
      << "but a tree cannot ask for its own secrets";
}

TEST_F(ScanTest, IncludeAndExclude) {
  tree_.Write(".gitignore", "*.log\ngen/\n");
  for (const char* name :
       {"a.c", "a.log", "gen/x/y.c", "gen/z.c", "node_modules/m/a.js", "node_modules/n/a.js", ".env", "t/skip.c"}) {
    tree_.Write(name);
  }
  ScanOptions options;
  options.rules.include = {"*.log", "gen/x/*", "node_modules/m", ".env"};
  options.rules.exclude = {"t", "*.gitignore"};
  const ScanResult result = Run(options);
  EXPECT_EQ(Paths(result), (Names{".env", "a.c", "a.log", "gen/x/y.c", "node_modules/m/a.js"}));
}

TEST_F(ScanTest, SizeLimits) {
  tree_.Write("big.c", std::string(kFileBytesMax + 1, '\n'));
  tree_.Write("big.json", std::string(70 << 10, '\n'));
  tree_.Write("small.json", "{}");
  const ScanResult result = Run();
  EXPECT_EQ(Paths(result), Names{"small.json"});
  EXPECT_EQ(Skipped(result, SkipReason::kTooLarge), 1u);
  EXPECT_EQ(Skipped(result, SkipReason::kData), 1u);
  ScanOptions options;
  options.rules.include = {"big.*"};
  EXPECT_EQ(Paths(Run(options)), (Names{"big.c", "big.json", "small.json"}));
}

TEST_F(ScanTest, LinksAndOddThings) {
  tree_.Write("d/a.c");
  std::filesystem::create_symlink("a.c", tree_.At("d/link.c"));
  std::filesystem::create_symlink("nowhere", tree_.At("dangling.c"));
  std::filesystem::create_directory_symlink("..", tree_.At("d/loop"));
  std::filesystem::create_directory_symlink("/usr", tree_.At("outside"));
  ASSERT_EQ(::mkfifo(tree_.At("pipe").c_str(), 0600), 0);
  tree_.Write("new\nline.c");
  tree_.Write("bad\xFF.c");
  tree_.Write("sp\xC3\xA4t name.c");
  const ScanResult result = Run({.explain = true});
  EXPECT_EQ(Paths(result), (Names{"d/a.c", "sp\xC3\xA4t name.c"}));
  EXPECT_EQ(Skipped(result, SkipReason::kSymlink), 4u);
  EXPECT_EQ(Skipped(result, SkipReason::kSpecial), 1u);
  EXPECT_EQ(Skipped(result, SkipReason::kBadName), 2u);
  EXPECT_EQ(result.explained.size(), 7u);
  EXPECT_EQ(result.explained[0].path, "bad\xEF\xBF\xBD.c");
}

TEST_F(ScanTest, ExplainNamesTheRule) {
  tree_.Write("s/.gitignore", "# made\n*.o2\n");
  tree_.Write("s/x.o2");
  const ScanResult result = Run({.explain = true});
  ASSERT_EQ(result.explained.size(), 1u);
  EXPECT_EQ(result.explained[0].rule, "s/.gitignore:2: *.o2");
}

TEST_F(ScanTest, DeepTreesEnd) {
  std::string path;
  for (size_t i = 0; i < kFolderDepthMax + 5; ++i) path += "d/";
  tree_.Write(path + "a.c");
  const ScanResult result = Run();
  EXPECT_EQ(result.files.size(), 0u);
  EXPECT_EQ(Skipped(result, SkipReason::kTooDeep), 1u);
}

TEST_F(ScanTest, OnlyTheseAgreesWithAll) {
  tree_.Write(".gitignore", "*.log\n/gen/\n");
  tree_.Write("a/.gitignore", "!keep.log\nx/\n");
  for (const char* name : {"a/b.c", "a/keep.log", "a/x/y.c", "gen/z.c", "q/r/s.c", "q/t.log", "node_modules/m.js",
                           "v/pyvenv.cfg", "v/lib/a.py"}) {
    tree_.Write(name);
  }
  const ScanResult all = Run();
  Names asked = {"../etc", "/etc", "a/../a/b.c", "", "gone/x", ".git/config"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_.root())) {
    asked.push_back(std::filesystem::relative(entry.path(), tree_.root()).string());
    const auto one = ScanPaths(tree_.root(), {asked.back()}, {});
    ASSERT_TRUE(one);
    Names expected;
    for (const FileEntry& file : all.files) {
      if (file.path == asked.back() || file.path.starts_with(asked.back() + "/")) expected.push_back(file.path);
    }
    EXPECT_EQ(Paths(*one), expected) << asked.back();
  }
  EXPECT_EQ(Paths(*ScanPaths(tree_.root(), asked, {})), Paths(all));
}

TEST_F(ScanTest, NoRootIsAnError) {
  EXPECT_EQ(Scan(tree_.At("none"), {}).error().code, Code::kNotFound);
  tree_.Write("file");
  EXPECT_FALSE(Scan(tree_.At("file"), {}));
}

TEST(GitHome, ReadsExcludesFile) {
  EXPECT_EQ(ParseExcludesFile("[user]\nexcludesFile = no\n[core]\n\tExcludesFile = \"~/a b\" ; c\n"), "~/a b");
  EXPECT_EQ(ParseExcludesFile("[core] excludesfile=/x\r\n"), "/x");
  EXPECT_EQ(ParseExcludesFile("[core \"sub\"]\nexcludesfile=/x\n"), std::nullopt);
  EXPECT_EQ(ParseExcludesFile(""), std::nullopt);
}

}  // namespace
}  // namespace squire::corpus
