#include "corpus/glob.h"

#include <gtest/gtest.h>

namespace squire::corpus {
namespace {

bool G(std::string_view pattern, std::string_view text) { return Glob(pattern).Matches(text); }

TEST(Glob, StarsStopAtSlashes) {
  EXPECT_TRUE(G("*.py", "a.py"));
  EXPECT_FALSE(G("*.py", "d/a.py"));
  EXPECT_TRUE(G("a*b*c", "aXXbYYbc"));
  EXPECT_FALSE(G("a*b*c", "aXXbYY"));
  EXPECT_TRUE(G("a/*/c", "a/b/c"));
  EXPECT_FALSE(G("a/*/c", "a/b/d/c"));
  EXPECT_TRUE(G("a?c", "abc"));
  EXPECT_FALSE(G("a?c", "a/c"));
}

TEST(Glob, DoubleStarsCrossSlashes) {
  EXPECT_TRUE(G("**/foo", "foo"));
  EXPECT_TRUE(G("**/foo", "a/b/foo"));
  EXPECT_FALSE(G("**/foo", "a/xfoo"));
  EXPECT_TRUE(G("a/**/b", "a/b"));
  EXPECT_TRUE(G("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(G("a/**/b", "ab"));
  EXPECT_TRUE(G("a/**", "a/x/y"));
  EXPECT_FALSE(G("a/**", "a"));
  EXPECT_FALSE(G("**a", "x/a")) << "not a whole segment: an ordinary star";
  EXPECT_TRUE(G("**/x/*.c", "p/x/x/q.c"));
  EXPECT_TRUE(G("a/**/b/**/*.c", "a/1/b/2/b/3.c"));
}

TEST(Glob, Classes) {
  EXPECT_TRUE(G("[a-c]x", "bx"));
  EXPECT_FALSE(G("[!a-c]x", "bx"));
  EXPECT_TRUE(G("[^a-c]x", "dx"));
  EXPECT_TRUE(G("[]-]", "]"));
  EXPECT_TRUE(G("[]-]", "-"));
  EXPECT_TRUE(G("[[:digit:]_]", "7"));
  EXPECT_FALSE(G("[[:nonsense:]]", "n"));
  EXPECT_FALSE(G("a[!b]c", "a/c"));
  EXPECT_FALSE(G("[a", "[a"));
  EXPECT_TRUE(G("\\[a", "[a"));
  EXPECT_FALSE(G("a\\", "a\\"));
}

TEST(Glob, HostilePatternsAreCheap) {
  std::string pattern, text(4000, 'a');
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(G(pattern + "b", text));
  std::string deep, path;
  for (int i = 0; i < 500; ++i) deep += "**/*a*/";
  for (int i = 0; i < 1300; ++i) path += "aa/";
  EXPECT_FALSE(G(deep + "b", path + "c"));
  EXPECT_FALSE(G(std::string(100'000, '*'), "x")) << "longer than any path";
}

TEST(PathFilter, WithoutSlashMatchesAnySegment) {
  EXPECT_TRUE(Match("*.py", "a/b.py"));
  EXPECT_TRUE(Match("docs", "x/docs/y.md"));
  EXPECT_TRUE(Match("docs/", "docs/y.md"));
  EXPECT_FALSE(Match("docs", "x/docs2/y.md"));
}

TEST(PathFilter, WithSlashIsAnchored) {
  EXPECT_TRUE(Match("src/*.cc", "src/a.cc"));
  EXPECT_FALSE(Match("src/*.cc", "x/src/a.cc"));
  EXPECT_TRUE(Match("src/core", "src/core/deep/a.cc"));
  EXPECT_TRUE(Match("/src", "src/a.cc"));
  EXPECT_FALSE(Match("/src", "x/src/a.cc"));
  EXPECT_TRUE(Match("./src/**", "src/a/b.cc"));
}

TEST(PathFilter, LeadsIntoFolders) {
  const PathFilter filter("node_modules/*/lib/**");
  EXPECT_TRUE(filter.MayMatchBelow("node_modules"));
  EXPECT_TRUE(filter.MayMatchBelow("node_modules/a"));
  EXPECT_FALSE(filter.MayMatchBelow("node_modules/a/src"));
  EXPECT_TRUE(filter.MayMatchBelow("node_modules/a/lib/x"));
  EXPECT_FALSE(PathFilter("**/x").MayMatchBelow("node_modules"));
  EXPECT_FALSE(PathFilter("*.log").MayMatchBelow("build"));
}

}  // namespace
}  // namespace squire::corpus
