#include "corpus/utf8.h"

#include <gtest/gtest.h>

namespace squire::corpus {
namespace {

std::string Repaired(std::string text) {
  RepairUtf8(text);
  return text;
}

TEST(Utf8, RepairReplacesMaximalSequences) {
  EXPECT_EQ(Repaired("plain caf\xC3\xA9 \xF0\x9F\x98\x80"), "plain caf\xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(Repaired("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(Repaired("a\xE2\x82z"), "a\xEF\xBF\xBDz") << "a cut character is one replacement";
  EXPECT_EQ(Repaired("\xF0\x9F\x98"), "\xEF\xBF\xBD");
  EXPECT_EQ(Repaired("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "a surrogate is none";
  EXPECT_EQ(Repaired("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong";
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));
  std::string counted = "caf\xE9 \xE9";
  EXPECT_EQ(RepairUtf8(counted), 2u);
}

TEST(Utf8, DecodesUtf16) {
  uint64_t repaired = 0;
  EXPECT_EQ(Utf16ToUtf8(std::string("h\0\xE9\0\x3D\xD8\x00\xDE", 8), false, repaired), "h\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(Utf16ToUtf8(std::string("\0h\x20\xAC", 4), true, repaired), "h\xE2\x82\xAC");
  EXPECT_EQ(repaired, 0u);
  EXPECT_EQ(Utf16ToUtf8(std::string("\x3D\xD8h", 3), false, repaired), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(repaired, 3u);
}

TEST(Utf8, Names) {
  EXPECT_TRUE(IsPlainName("na\xC3\xAFve file.txt"));
  EXPECT_FALSE(IsPlainName("a\nb"));
  EXPECT_FALSE(IsPlainName("a\xFF"));
  EXPECT_EQ(SanitizedName("a\n\xFF"), "a?\xEF\xBF\xBD");
  EXPECT_EQ(Utf8Floor("a\xE2\x82\xAC", 3), 1u);
}

}  // namespace
}  // namespace squire::corpus
