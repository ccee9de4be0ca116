#include <gtest/gtest.h>

#include "corpus/chunk.h"

namespace squire::corpus {
namespace {

std::vector<std::string> NamesOf(std::string_view text, bool rst = false) {
  const Lines lines(text);
  Frontmatter ignored;
  const Outline outline = rst ? OutlineRst(lines) : OutlineMarkdown(lines, ignored);
  std::vector<std::string> out;
  for (const Item& item : outline.items) {
    out.push_back(std::to_string(item.first + 1) + "-" + std::to_string(item.last + 1) + " " + item.name);
  }
  return out;
}

using Names = std::vector<std::string>;

TEST(Markdown, HeadingPaths) {
  EXPECT_EQ(NamesOf("# Title\n\ntext\n\n## One ##\n\n### Deep\nx\n## Two\n# Next\n"),
            (Names{"1-9 Title", "5-8 Title > One", "7-8 Title > One > Deep", "9-9 Title > Two", "10-10 Next"}));
  EXPECT_EQ(NamesOf("Title\n=====\n\ntext\n\nSub\n---\n\nmore\n"), (Names{"1-9 Title", "6-9 Title > Sub"}));
  EXPECT_EQ(NamesOf("#\n#no heading\n####### seven\n    # code\n\\# quoted\n"), Names{"1-5 "});
  EXPECT_EQ(NamesOf("text\n\n---\n\n- item\n---\n"), Names{}) << "thematic breaks";
}

TEST(Markdown, HeadingsInsideOtherBlocksAreNone) {
  EXPECT_EQ(NamesOf("# A\n```sh\n# no\n```\n~~~~\n```\n# no\n~~~\n# no\n~~~~\n# B\n"), (Names{"1-10 A", "11-11 B"}));
  EXPECT_EQ(NamesOf("# A\n<!-- x\n# no\n-->\n# B\n"), (Names{"1-4 A", "5-5 B"}));
  EXPECT_EQ(NamesOf("```\n# open to the end\n"), Names{});
  EXPECT_EQ(NamesOf("```not a fence``` x\n# A\n"), Names{"2-2 A"});
}

TEST(Markdown, Frontmatter) {
  Chunker chunker;
  const auto cut =
      chunker.Chunk("a.md",
                    "---\ntitle: \"My page\"\ntags: [a, 'b c']\nlist:\n  - one\n  - two\nnested:\n  deep: x\n# no\n"
                    "---\n\n# Head\n\nSome text that stands below the heading.\n");
  const Frontmatter expected = {
      {"title", {"My page"}}, {"tags", {"a", "b c"}}, {"list", {"one", "two"}}, {"nested", {}}};
  EXPECT_EQ(cut->frontmatter, expected);
  ASSERT_EQ(cut->chunks.size(), 2u);
  EXPECT_EQ(cut->chunks[0].kind, "frontmatter");
  EXPECT_EQ(cut->chunks[0].name, "My page");
  EXPECT_EQ(cut->chunks[1].name, "Head");
  EXPECT_TRUE(chunker.Chunk("a.md", "---\nno end\n")->frontmatter.empty());
  EXPECT_EQ(chunker.Chunk("a.md", "+++\nx = 1\n+++\n")->frontmatter, (Frontmatter{{"x", {"1"}}}));
}

TEST(Markdown, FencesAndTablesStayWhole) {
  std::string text = "# T\n\n";
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 3; ++j)
      text += "A paragraph of some length, which says this and that about nothing in particular.\n\n";
    text += "```cpp\nint a = f(1, 2, 3);\n\nint b = g(4, 5, 6);\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n";
  }
  Chunker chunker;
  const auto cut = chunker.Chunk("a.md", text);
  ASSERT_GT(cut->chunks.size(), 2u);
  for (const Chunk& chunk : cut->chunks) {
    size_t fences = 0;
    for (size_t at = 0; (at = chunk.text.find("```", at)) != std::string::npos; at += 3) ++fences;
    EXPECT_EQ(fences % 2, 0u) << chunk.text;
    EXPECT_FALSE(chunk.text.starts_with("|--") || chunk.text.starts_with("| 1")) << chunk.text;
  }
}

TEST(Markdown, SmallSectionsAreJoined) {
  Chunker chunker;
  const auto cut = chunker.Chunk("a.md", "# Guide\n\n## Install\n\nRun it.\n\n## Use\n\nUse it.\n");
  ASSERT_EQ(cut->chunks.size(), 1u);
  EXPECT_EQ(cut->chunks[0].name, "Guide > Install, Guide > Use");
}

TEST(Rst, Titles) {
  EXPECT_EQ(NamesOf("=====\nTitle\n=====\n\ntext\n\nOne\n---\n\nx\n\nDeep\n~~~~\n\nTwo\n---\n", true),
            (Names{"1-16 Title", "7-14 Title > One", "12-14 Title > One > Deep", "15-16 Title > Two"}));
  EXPECT_EQ(NamesOf("Too long a title\n---\n\na  b\n=  =\n", true), Names{});
}

}  // namespace
}  // namespace squire::corpus
