#include "index/text/chars.h"

#include <gtest/gtest.h>

#include <string>

namespace squire::text {
namespace {

Char Read(std::string_view text) { return ReadChar(text.data(), text.size()); }

std::string Folded(std::string_view text) {
  char out[kMaxFoldedBytes];
  return {out, Fold(Read(text), out)};
}

TEST(Chars, Kinds) {
  EXPECT_EQ(Read("a").kind, CharKind::kLower);
  EXPECT_EQ(Read("Z").kind, CharKind::kUpper);
  EXPECT_EQ(Read("_").kind, CharKind::kUnderscore);
  EXPECT_EQ(Read("-").kind, CharKind::kSeparator);
  EXPECT_EQ(Read("é").kind, CharKind::kLower);
  EXPECT_EQ(Read("Ж").kind, CharKind::kUpper);
  EXPECT_EQ(Read("٣").kind, CharKind::kDigit);
  EXPECT_EQ(Read("ש").kind, CharKind::kOther);
  EXPECT_EQ(Read("文").kind, CharKind::kUnspaced);
  EXPECT_EQ(Read("ก").kind, CharKind::kUnspaced);
  EXPECT_EQ(Read("。").kind, CharKind::kSeparator);
  EXPECT_EQ(Read("\u0301").kind, CharKind::kIgnored);
  EXPECT_EQ(Read("😀").kind, CharKind::kSeparator);
  EXPECT_EQ(Read("😀").size_bytes, 4);
}

TEST(Chars, BytesThatBeginNothing) {
  for (std::string_view bad : {"\x80", "\xc3", "\xe6\x96", "\xf0\x9f\x98", "\xff", "\xed\xa0\x80"}) {
    EXPECT_EQ(Read(bad).kind, CharKind::kSeparator);
    EXPECT_EQ(Read(bad).size_bytes, 1);
  }
}

TEST(Chars, Folding) {
  EXPECT_EQ(Folded("É"), "e");
  EXPECT_EQ(Folded("ß"), "ss");
  EXPECT_EQ(Folded("Ǆ"), "dz");
  EXPECT_EQ(Folded("ﬃ"), "ffi");
  EXPECT_EQ(Folded("Й"), "и");
  EXPECT_EQ(Folded("²"), "2");
  EXPECT_EQ(Folded("文"), "文");
  EXPECT_EQ(Folded("豈"), "豈");  // U+F900 is U+8C48
}

}  // namespace
}  // namespace squire::text
