#include "index/text/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace squire::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  ForEachWord(text, [&](std::string_view word, WordKind) { words.emplace_back(word); });
  return words;
}

std::vector<std::string> Parts(std::string_view text) {
  std::vector<std::string> words;
  ForEachWord(text, [&](std::string_view word, WordKind kind) {
    if (kind == WordKind::kPart) words.emplace_back(word);
  });
  return words;
}

TEST(Words, SpellingsOfAnIdentifierMeet) {
  const auto expected = ElementsAre("parse", "http", "header", "parsehttpheader");
  EXPECT_THAT(Words("parseHttpHeader"), expected);
  EXPECT_THAT(Words("parse_http_header"), expected);
  EXPECT_THAT(Words("ParseHTTPHeader"), expected);
  EXPECT_THAT(Words("PARSE_HTTP_HEADER"), expected);
  EXPECT_THAT(Words("__parse__HttpHeader_"), expected);
  EXPECT_THAT(Words("parse http header"), ElementsAre("parse", "http", "header"));
  EXPECT_THAT(Words("parse-http.header"), ElementsAre("parse", "http", "header"));
}

TEST(Words, Digits) {
  EXPECT_THAT(Words("utf8"), ElementsAre("utf8"));
  EXPECT_THAT(Words("utf8Decode"), ElementsAre("utf8", "decode", "utf8decode"));
  EXPECT_THAT(Words("HTTP2Header"), ElementsAre("http2", "header", "http2header"));
  EXPECT_THAT(Words("SHA256 1F2E 42 3.14"), ElementsAre("sha256", "1f2e", "42", "3", "14"));
  EXPECT_THAT(Words("vec_2d"), ElementsAre("vec", "2d", "vec2d"));
}

TEST(Words, SeparatorsAlone) {
  EXPECT_THAT(Words(""), IsEmpty());
  EXPECT_THAT(Words(" _ __ -- ->"), IsEmpty());
  EXPECT_THAT(Words("_a_"), ElementsAre("a"));
  EXPECT_THAT(Words("don't"), ElementsAre("don", "t"));
}

TEST(Words, CaseAndAccentsFold) {
  EXPECT_THAT(Words("Éclair e\u0301clair ÉCLAIR"), ElementsAre("eclair", "eclair", "eclair"));
  EXPECT_THAT(Words("Straße STRASSE"), ElementsAre("strasse", "strasse"));
  EXPECT_THAT(Words("ﬁle Ｆｕｌｌ"), ElementsAre("file", "full"));
  EXPECT_THAT(Words("ΟΔΟΣ οδος"), ElementsAre("οδοσ", "οδοσ"));
  EXPECT_THAT(Words("größeÄndern"), ElementsAre("grosse", "andern", "grosseandern"));
  EXPECT_THAT(Words("co\u00ADoperate"), ElementsAre("cooperate"));
  EXPECT_THAT(Words("a—b “c” x→y"), ElementsAre("a", "b", "c", "x", "y"));
}

TEST(Words, UnspacedScripts) {
  EXPECT_THAT(Words("全文検索"), ElementsAre("全", "文", "全文", "検", "文検", "索", "検索"));
  EXPECT_THAT(Parts("全文検索"), ElementsAre("全", "文", "検", "索"));
  EXPECT_THAT(Words("索引index索"), ElementsAre("索", "引", "索引", "index", "索"));
  EXPECT_THAT(Words("全 文"), ElementsAre("全", "文"));
  EXPECT_THAT(Words("カ"), ElementsAre("カ"));
  EXPECT_THAT(Words("ｶ"), ElementsAre("カ"));
  EXPECT_THAT(Words("한국"), ElementsAre("한", "국", "한국"));
}

TEST(Words, LongWordsAreCut) {
  const std::string longest(kMaxWordBytes, 'x');
  EXPECT_THAT(Words(longest), ElementsAre(longest));
  EXPECT_THAT(Words(longest + "yz"), ElementsAre(longest));
  EXPECT_THAT(Words("a" + std::string(40, 'o') + "_" + std::string(40, 'p')).back().size(), kMaxWordBytes);
  std::string accents;
  for (int i = 0; i < 100; ++i) accents += "д";  // two bytes each
  EXPECT_THAT(Words("a" + accents).front().size(), kMaxWordBytes - 1);
}

TEST(Words, BytesThatAreNotUtf8Separate) {
  EXPECT_THAT(Words("ab\xff"
                    "cd"),
              ElementsAre("ab", "cd"));
  EXPECT_THAT(Words("ab\xc3"), ElementsAre("ab"));
  EXPECT_THAT(Words("\xed\xa0\x80x"), ElementsAre("x"));      // a surrogate
  EXPECT_THAT(Words("\xc0\xafx"), ElementsAre("x"));          // an overlong form
  EXPECT_THAT(Words("\xf4\x90\x80\x80x"), ElementsAre("x"));  // past the last code point
  EXPECT_THAT(Words(std::string_view("a\0b", 3)), ElementsAre("a", "b"));
}

TEST(Words, EveryCodePointAndRandomBytesGiveWordsWithinTheLimit) {
  const auto check = [](std::string_view word, WordKind) {
    ASSERT_GE(word.size(), 1u);
    ASSERT_LE(word.size(), kMaxWordBytes);
  };
  for (uint32_t c = 0x80; c < 0x110000; ++c) {
    std::string text;
    if (c < 0x800) {
      text = {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      text = {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
              static_cast<char>(0x80 | (c & 63))};
    } else {
      text = {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
              static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
    ForEachWord(text, check);
  }
  std::mt19937 random(3);
  std::string bytes(1 << 16, 0);
  for (char& byte : bytes) byte = static_cast<char>(random());
  ForEachWord(bytes, check);
}

// Folding a folded word changes nothing, so a word found in an index can be asked for as it stands.
TEST(Words, FoldedWordsAreStable) {
  for (const char* text : {"parseHttpHeader", "Éclair", "Straße", "ΟΔΟΣ", "ﬁle", "İstanbul", "Кёльн", "ŉ", "全文"}) {
    ForEachWord(text, [](std::string_view word, WordKind kind) {
      if (kind == WordKind::kPair) return;
      EXPECT_THAT(Words(word), ElementsAre(word));
    });
  }
}

}  // namespace
}  // namespace squire::text
