/// What holds for chunks of any text, also of broken and hostile text.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "corpus/chunk.h"
#include "corpus/lines.h"
#include "corpus/pack.h"
#include "corpus/utf8.h"

namespace squire::corpus {
namespace {

constexpr const char* kPaths[] = {"a.py",   "a.js", "a.ts", "a.tsx", "a.go",  "a.rs",
                                  "A.java", "a.c",  "a.cc", "a.md",  "a.rst", "a.txt"};

/// Each line that is not blank is in exactly one chunk, in order, as it is.
void ExpectWhole(std::string_view path, std::string_view text, const ChunkedFile& cut) {
  const Lines lines(text);
  uint32_t next = 0;
  for (const Chunk& chunk : cut.chunks) {
    ASSERT_GE(chunk.start_line, 1u);
    ASSERT_LE(chunk.start_line, chunk.end_line);
    ASSERT_LE(chunk.end_line, lines.count());
    ASSERT_FALSE(chunk.kind.empty());
    ASSERT_LE(chunk.name.size(), kNameBytesMax);
    ASSERT_TRUE(IsUtf8(chunk.text) && IsUtf8(chunk.name));
    const uint32_t first = chunk.start_line - 1;
    if (lines.Line(first).size() > kLineBytesMax) {  // cut inside
      ASSERT_NE(lines.Line(first).find(chunk.text), std::string_view::npos);
      ASSERT_LE(first + 1, next + 1);
      next = std::max(next, first + 1);
      continue;
    }
    ASSERT_GE(first, next) << path << ": line " << chunk.start_line << " is in two chunks";
    for (uint32_t line = next; line < first; ++line)
      ASSERT_TRUE(lines.blank(line)) << path << ": lost line " << line + 1;
    ASSERT_EQ(chunk.text, lines.Range(first, chunk.end_line - 1));
    next = chunk.end_line;
  }
  for (uint32_t line = next; line < lines.count(); ++line)
    ASSERT_TRUE(lines.blank(line)) << path << ": lost line " << line + 1;
}

void Check(Chunker& chunker, std::string_view path, const std::string& text) {
  const auto cut = chunker.Chunk(path, text);
  ASSERT_TRUE(cut);
  ExpectWhole(path, text, *cut);
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// This room's own sources, which every checkout has.
std::string SampleText() {
  const std::string folder = SQUIRE_CORPUS_SOURCES;
  return ReadAll(folder + "/pack.cc") + ReadAll(folder + "/chunk.h");
}

TEST(ChunkProperty, EveryLineOnceInEveryLanguage) {
  Chunker chunker;
  const std::string text = SampleText();
  ASSERT_FALSE(text.empty());
  for (const char* path : kPaths) Check(chunker, path, text);
}

TEST(ChunkProperty, EveryLineOnceInBrokenText) {
  Chunker chunker;
  std::mt19937_64 random(7);
  const std::string sample = SampleText();
  static const char* const bits[] = {"{",        "}",    "(",   "\n",          "\"",          "'",    "/*",
                                     "*/",       "#",    "```", "def f(x):\n", "class A {\n", "\n\n", "---\n",
                                     "===\n",    "\r\n", "\t",  "<!--",        "| a | b |\n", "    ", "fn x() {",
                                     "\xC3\xA9", "//",   "`",   "@x\n",        "- "};
  for (int round = 0; round < 300; ++round) {
    std::string text = sample.substr(random() % sample.size(), 200 + random() % 6000);
    for (size_t i = random() % 40; i > 0; --i) {
      const size_t at = random() % (text.size() + 1);
      if (random() % 2 == 0) {
        text.insert(at, bits[random() % std::size(bits)]);
      } else {
        text.erase(at, random() % 60);
      }
    }
    RepairUtf8(text);
    Check(chunker, kPaths[round % std::size(kPaths)], text);
  }
}

TEST(ChunkProperty, SameTextSameChunks) {
  const std::string text = SampleText();
  Chunker once, again;
  ASSERT_TRUE(again.Chunk("other.py", "def f(): pass"));
  const auto a = once.Chunk("a.cc", text), b = again.Chunk("b/a.cc", text);
  ASSERT_EQ(a->chunks.size(), b->chunks.size());
  for (size_t i = 0; i < a->chunks.size(); ++i) {
    EXPECT_EQ(a->chunks[i].text, b->chunks[i].text);
    EXPECT_EQ(a->chunks[i].name, b->chunks[i].name) << "the path is no part of it";
  }
}

/// Texts made to be costly: nested without end, in one line and over many.
std::vector<std::string> HostileTexts() {
  std::vector<std::string> out;
  out.push_back(std::string(3000, '(') + "1" + std::string(3000, ')'));
  out.push_back(std::string(100'000, '['));
  out.push_back(std::string(40'000, '{') + std::string(40'000, '}'));
  std::string lines, blocks, quotes, scopes;
  for (int i = 0; i < 10'000; ++i) lines += "(\n";
  for (int i = 0; i < 300; ++i) blocks += std::string(i, ' ') + "if x:\n";
  for (int i = 0; i < 1'000; ++i) quotes += "\"'`/*";
  for (int i = 0; i < 500; ++i) scopes += "class A { void f() { namespace n {\n";
  out.insert(out.end(), {lines, blocks, quotes, scopes, std::string(100'000, '\n') + "x", std::string(200'000, 'a')});
  return out;
}

TEST(ChunkProperty, HostileTextEnds) {
  Chunker chunker;
  for (const std::string& text : HostileTexts()) {
    for (const char* path : kPaths) Check(chunker, path, text);
  }
}

}  // namespace
}  // namespace squire::corpus
