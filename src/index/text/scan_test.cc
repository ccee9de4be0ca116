// The scanner against the tokenizer it stands for, word for word, on every instruction set of this CPU.

#include "index/text/scan.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>

namespace squire::text {
namespace {

struct Tally {
  std::map<std::string, uint32_t> counts;
  uint64_t words = 0;
  friend bool operator==(const Tally&, const Tally&) = default;
};

Tally Reference(const std::string& text, const std::set<std::string>& wanted) {
  Tally tally;
  ForEachWord(text, [&](std::string_view word, WordKind) {
    ++tally.words;
    if (wanted.contains(std::string(word))) ++tally.counts[std::string(word)];
  });
  return tally;
}

Tally Scanned(const std::string& text, const WordScanner& scanner) {
  // A heap block that ends where the text does, so that a sanitizer sees a read past it.
  std::unique_ptr<char[]> exact(new char[text.size()]);
  std::copy(text.begin(), text.end(), exact.get());
  WordCounts counts(scanner.words().size());
  Tally tally;
  tally.words = scanner.Scan({exact.get(), text.size()}, counts);
  for (uint16_t word : counts.touched()) tally.counts[scanner.words()[word]] = counts.at(word);
  return tally;
}

void ExpectEqual(const std::string& text, const std::set<std::string>& wanted) {
  const Tally expected = Reference(text, wanted);
  for (const auto* kernels : simd::RunnableKernels()) {
    const WordScanner scanner({wanted.begin(), wanted.end()}, *kernels);
    const Tally got = Scanned(text, scanner);
    ASSERT_EQ(got.words, expected.words) << simd::IsaName(kernels->isa) << ": " << text.substr(0, 200);
    ASSERT_EQ(got.counts, expected.counts) << simd::IsaName(kernels->isa) << ": " << text.substr(0, 200);
  }
}

TEST(Scan, FindsPartsAndWholes) {
  const std::set<std::string> wanted = {"parse", "parsehttpheader", "header", "utf8"};
  ExpectEqual("parseHttpHeader parse_http_header PARSE header() __parseHTTPHeader__ parsehttpheaders utf8Parse",
              wanted);
  ExpectEqual("", wanted);
  ExpectEqual("header", wanted);
  ExpectEqual("parse_HTTP_header", wanted);
  ExpectEqual("naïve parseHttpHeader—header Pârse_http_header", wanted);
}

TEST(Scan, IdentifiersAtEveryPlaceInABlock) {
  const std::set<std::string> wanted = {"get", "getvalue", "value", "v"};
  for (size_t pad = 0; pad < 140; ++pad) {
    for (const char* text :
         {"getValue", "__get__value", "_v", "GETValue", "get_v", "____", "getVALUE getValue_", "É_v"}) {
      ExpectEqual(std::string(pad, ' ') + text, wanted);
      ExpectEqual(std::string(pad, '_') + text + "_ v", wanted);
      ExpectEqual(std::string(pad, 'x') + text + " v", wanted);
      ExpectEqual(std::string(pad, '-') + text + std::string(64, '\n') + text, wanted);
    }
  }
}

TEST(Scan, WindowsAndRunsLongerThanThem) {
  const std::set<std::string> wanted = {"ab", "cd", "abcd", std::string(kMaxWordBytes, 'q')};
  for (size_t size : {4090u, 4094u, 4095u, 4096u, 4097u, 4100u, 8192u, 20000u}) {
    std::string text;
    while (text.size() < size) text += "abCd ab_cd ";
    ExpectEqual(text.substr(0, size), wanted);
    ExpectEqual(std::string(size, 'q') + " ab", wanted);
    ExpectEqual("ab " + std::string(size, 'q') + "_ab", wanted);
    ExpectEqual(std::string(size, '_') + "abCd ab", wanted);
    ExpectEqual(std::string(size, ' ') + "abCd", wanted);
  }
}

TEST(Scan, RandomTextOfNastyPieces) {
  const std::vector<std::string> pieces = {"a",
                                           "b",
                                           "A",
                                           "B",
                                           "Ab",
                                           "aB",
                                           "AB",
                                           "9",
                                           "x9",
                                           "X9",
                                           "_",
                                           "__",
                                           " ",
                                           ".",
                                           "\n",
                                           "é",
                                           "É",
                                           "\u0301",
                                           "全",
                                           "文",
                                           "カ",
                                           "ß",
                                           "—",
                                           "\xff",
                                           "\xc3",
                                           "\u200b",
                                           "\u00ad",
                                           "ﬁ",
                                           "Ǆ",
                                           "²",
                                           "1A",
                                           "HTTPServer",
                                           "parse_http",
                                           "getValue",
                                           std::string(70, 'z'),
                                           std::string(70, 'Z'),
                                           std::string(1, '\0'),
                                           "ab",
                                           "abab"};
  std::mt19937 random(11);
  for (int round = 0; round < 1500; ++round) {
    std::string text;
    const size_t count = random() % (round % 50 == 0 ? 6000 : 120);
    const size_t kinds = round % 3 == 0 ? 15 : pieces.size();  // a third of the rounds are ASCII alone
    for (size_t i = 0; i < count; ++i) text += pieces[random() % kinds];
    std::set<std::string> wanted = {"a", "ab", "b", "zz"};
    ForEachWord(text, [&](std::string_view word, WordKind) {
      if (random() % 8 == 0 && wanted.size() < 40) wanted.insert(std::string(word));
    });
    ExpectEqual(text, wanted);
    if (HasFatalFailure()) return;
  }
}

TEST(Scan, RandomBytes) {
  std::mt19937 random(12);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 600, 0);
    for (char& byte : text) byte = static_cast<char>(round % 2 ? random() : random() % 128);
    ExpectEqual(text, {"a", "b", "c", "d", "e", "ab"});
    if (HasFatalFailure()) return;
  }
}

TEST(Scan, CountsClearWhatTheyTouched) {
  WordCounts counts(3);
  counts.Add(2);
  counts.Add(2);
  EXPECT_EQ(counts.at(2), 2u);
  counts.Clear();
  EXPECT_EQ(counts.at(2), 0u);
  EXPECT_TRUE(counts.touched().empty());
}

}  // namespace
}  // namespace squire::text
