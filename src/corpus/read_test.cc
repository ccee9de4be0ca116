#include "corpus/read.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "corpus/os.h"
#include "corpus/test_tree.h"

namespace squire::corpus {
namespace {

class ReadTest : public ::testing::Test {
 protected:
  FileText Read(const std::string& path, bool asked = false) {
    auto root = OpenFolder(tree_.root());
    auto out = ReadText(root->get(), path, {.asked = asked});
    EXPECT_TRUE(out) << out.error().ToString();
    return out ? *std::move(out) : FileText{};
  }
  FileText ReadBytes(std::string_view bytes, const std::string& path = "a.txt") {
    tree_.Write(path, bytes);
    return Read(path);
  }
  TestTree tree_;
};

TEST_F(ReadTest, TextHashAndStat) {
  const FileText file = ReadBytes("one\r\ntwo\n");
  EXPECT_EQ(file.skip, SkipReason::kNone);
  EXPECT_EQ(file.text, "one\r\ntwo\n");
  EXPECT_EQ(file.content_hash, ContentHash("one\r\ntwo\n"));
  EXPECT_EQ(file.content_hash.size(), 32u);
  const auto scan = Scan(tree_.root(), {});
  ASSERT_EQ(scan->files.size(), 1u);
  EXPECT_EQ(scan->files[0].size_bytes, file.entry.size_bytes);
  EXPECT_EQ(scan->files[0].mtime_ns, file.entry.mtime_ns);
  EXPECT_EQ(scan->files[0].ctime_ns, file.entry.ctime_ns);
  EXPECT_EQ(scan->files[0].inode, file.entry.inode);
}

TEST_F(ReadTest, KnownHash) { EXPECT_EQ(ContentHash(""), "99aa06d3014798d86001c324468d497f"); }

TEST_F(ReadTest, Encodings) {
  EXPECT_EQ(ReadBytes("\xEF\xBB\xBFx = 1\n").text, "x = 1\n");
  EXPECT_EQ(ReadBytes(std::string_view("\xFF\xFEx\0\n\0", 6)).text, "x\n");
  EXPECT_EQ(ReadBytes(std::string_view("\xFE\xFF\0x\0\n", 6)).text, "x\n");
  const FileText latin = ReadBytes("un caf\xE9 de plus\n");
  EXPECT_EQ(latin.text, "un caf\xEF\xBF\xBD de plus\n");
  EXPECT_EQ(latin.repaired_bytes, 1u);
  EXPECT_EQ(ReadBytes("").skip, SkipReason::kNone);
}

TEST_F(ReadTest, WhatIsNoText) {
  EXPECT_EQ(ReadBytes(std::string_view("a\0b", 3)).skip, SkipReason::kBinary);
  EXPECT_EQ(ReadBytes("%PDF-1.7 text").skip, SkipReason::kBinary);
  EXPECT_EQ(ReadBytes(std::string(200, '\x01')).skip, SkipReason::kBinary);
  std::string high;
  for (int i = 0; i < 3000; ++i) high += static_cast<char>(128 + i * 7 % 128);
  EXPECT_EQ(ReadBytes(high, "random.py").skip, SkipReason::kBinary);
  const std::string late_nul = std::string(9000, 'x') + '\0' + "y\n";
  EXPECT_EQ(ReadBytes(late_nul, "late.md").text, std::string(9000, 'x') + " y\n");
}

TEST_F(ReadTest, Minified) {
  const std::string code = "var a=1;" + std::string(20'000, 'x') + "\n";
  EXPECT_EQ(ReadBytes(code, "a.js").skip, SkipReason::kGenerated);
  EXPECT_EQ(Read("a.js", true).skip, SkipReason::kNone) << "asked for by name";
  EXPECT_EQ(ReadBytes(code, "a.md").skip, SkipReason::kNone) << "a paragraph a line";
}

TEST_F(ReadTest, LimitsAndFailures) {
  EXPECT_EQ(ReadBytes(std::string(kFileBytesMax + 1, '\n')).skip, SkipReason::kTooLarge);
  EXPECT_EQ(Read("gone.txt").skip, SkipReason::kVanished);
  std::filesystem::create_directories(tree_.At("folder"));
  EXPECT_EQ(Read("folder").skip, SkipReason::kSpecial);
  ASSERT_EQ(::mkfifo(tree_.At("pipe").c_str(), 0600), 0);
  EXPECT_EQ(Read("pipe").skip, SkipReason::kSpecial) << "and it does not wait for a writer";
  tree_.Write("real.txt", "secret");
  std::filesystem::create_symlink("real.txt", tree_.At("link.txt"));
  EXPECT_EQ(Read("link.txt").skip, SkipReason::kSymlink);
  std::filesystem::create_directory_symlink("/", tree_.At("out"));
  EXPECT_NE(Read("out/etc/passwd").skip, SkipReason::kNone) << "no way out of the tree";
}

}  // namespace
}  // namespace squire::corpus
