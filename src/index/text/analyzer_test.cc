#include "index/text/analyzer.h"

#include <gtest/gtest.h>

#include "index/text/filters.h"
#include "index/text/letters.h"

namespace squire::text {
namespace {

/// Words and where they stand: "read:0 file:2".
std::string WordsOf(std::string_view parameters, std::string_view text) {
  const auto analyzer = Analyzer::FromJson(parameters);
  if (!analyzer) return analyzer.error().ToString();
  std::string out;
  (*analyzer)->ForEach(text, [&](std::string_view word, uint32_t position) {
    if (!out.empty()) out += ' ';
    out += std::string(word) + ":" + std::to_string(position);
  });
  return out;
}

TEST(AnalyzerTest, CodeHasPartsAtEvenPositions) {
  const std::string code = R"({"base_tokenizer":"code1"})";
  EXPECT_EQ(WordsOf(code, "openFile now"), "open:0 file:2 openfile:3 now:4");
  EXPECT_EQ(WordsOf(code, "検索"), "検:0 索:2 検索:3");
  EXPECT_TRUE(Analyzer::ForCode()->is_code());
}

// What lancedb 0.40.0 finds documents by, word for word.
TEST(AnalyzerTest, EnglishIsLances) {
  EXPECT_EQ(WordsOf("{}", "The quick foxes are running, don't_stop: Café ÆON Straße"),
            "quick:1 fox:2 run:4 stop:7 cafe:8 aeon:9 strasse:10");
  EXPECT_EQ(WordsOf("{}", "Bob's garden has no trees: that won't do"), "bob:0 garden:2 tree:5");
  const auto later = *Analyzer::FromJson(R"({"stem":false})", StopWords::kLance14);
  std::string words;
  later->ForEach("Bob's no the won't y", [&](std::string_view word, uint32_t) { words += std::string(word) + " "; });
  EXPECT_EQ(words, "bob s no won t y ");
  EXPECT_TRUE(later->IsDisputed("won") && !later->IsDisputed("the") && !Analyzer::ForCode()->IsDisputed("won"));
  EXPECT_EQ(WordsOf("{}", std::string(39, 'q') + " " + std::string(40, 'q')), std::string(39, 'q') + ":0");
  EXPECT_EQ(WordsOf(R"({"stem":false,"remove_stop_words":false,"lower_case":false,"max_token_length":null})",
                    "The Foxes' x2 ½ " + std::string(50, 'Q')),
            "The:0 Foxes:1 x2:2 12:3 " + std::string(50, 'Q') + ":4");
  EXPECT_EQ(WordsOf(R"({"custom_stop_words":["fox"],"stem":false})", "the fox The"), "the:0 the:2");
  EXPECT_EQ(WordsOf(R"({"custom_stop_words":["fox"]})", "the foxes"), "the:0") << "stop words are stems";
}

TEST(AnalyzerTest, OtherTokenizers) {
  const std::string plain = R"("stem":false,"remove_stop_words":false)";
  EXPECT_EQ(WordsOf(R"({"base_tokenizer":"whitespace",)" + plain + "}", " a-b\u00a0c\tD\v e "), "a-b c:0 d\v:1 e:2");
  EXPECT_EQ(WordsOf(R"({"base_tokenizer":"raw",)" + plain + "}", "Two Words"), "two words:0");
  EXPECT_EQ(WordsOf(R"({"base_tokenizer":"raw",)" + plain + "}", ""), ":0");
  EXPECT_EQ(WordsOf(R"({"base_tokenizer":"ngram"})", "Lance"), "lan:0 anc:0 nce:0");
  EXPECT_EQ(WordsOf(R"({"base_tokenizer":"ngram","min_ngram_length":2,"max_ngram_length":3})", "éab!"),
            "ea:0 eab:0 ab:0 ab!:0 b!:0");
  EXPECT_EQ(WordsOf(R"({"base_tokenizer":"ngram","prefix_only":true,"max_ngram_length":9})", "abcd"), "abc:0 abcd:0");
  EXPECT_EQ(WordsOf(R"({"base_tokenizer":"ngram"})", "ab"), "");
}

TEST(AnalyzerTest, StemsByLanguage) {
  EXPECT_EQ(WordsOf(R"({"language":"German","remove_stop_words":false})", "Häuser"), "haus:0");
  EXPECT_EQ(WordsOf(R"({"language":"French","custom_stop_words":[]})", "continuellement"), "continuel:0");
  WordStemmer english("English");
  const auto stem = [&](std::string word) {
    english.Stem(word);
    return word;
  };
  // These libstemmer of 2021 has otherwise.
  EXPECT_EQ(stem("organization"), "organiz");
  EXPECT_EQ(stem("university"), "universiti");
  EXPECT_EQ(stem("internal"), "internal");
  EXPECT_EQ(stem("international"), "internat");
  EXPECT_EQ(stem("added"), "add");
  EXPECT_EQ(stem("erring"), "err");
  EXPECT_EQ(stem("inning"), "inning");
  EXPECT_EQ(stem("geologists"), "geolog");
  EXPECT_EQ(stem("evenings"), "evening");
  EXPECT_EQ(stem("hying"), "hie");
  EXPECT_EQ(stem("pasted"), "paste");
}

TEST(AnalyzerTest, RefusesWhatItDoesNotKnow) {
  for (const char* json : {"", "[]", "3", R"({"stem":1})", R"({"custom_stop_words":[1]})", R"({"language":false})",
                           R"({"max_token_length":-1})", R"({"base_tokenizer":"ngram","min_ngram_length":0})"})
    EXPECT_EQ(Analyzer::FromJson(json).error().code, Code::kInvalidArgument) << json;
  for (const char* json :
       {R"({"base_tokenizer":"jieba/default"})", R"({"lance_tokenizer":"json"})", R"({"language":"Klingon"})",
        R"({"language":"German"})", R"({"base_tokenizer":"ngram","max_ngram_length":65})"})
    EXPECT_EQ(Analyzer::FromJson(json).error().code, Code::kUnsupported) << json;
}

TEST(AnalyzerTest, AnyBytesAreText) {
  for (const char* base : {"code1", "simple", "whitespace", "raw", "ngram"}) {
    const auto analyzer = *Analyzer::FromJson(std::string(R"({"base_tokenizer":")") + base + "\"}");
    for (int first = 0; first < 256; first++) {
      const std::string text = {static_cast<char>(first), 'a', static_cast<char>(0xC3), static_cast<char>(first), 'b'};
      size_t bytes = 0;
      analyzer->ForEach(text, [&](std::string_view word, uint32_t) { bytes += word.size(); });
      EXPECT_LT(bytes, 200u);
    }
  }
}

TEST(LettersTest, AreUnicodes) {
  for (const char32_t letter : {U'a', U'Z', U'7', U'é', U'½', U'²', U'中', U'\U00030000', U'ⓐ'})
    EXPECT_TRUE(IsAlphanumeric(letter)) << static_cast<uint32_t>(letter);
  for (const char32_t other : {U'_', U'-', U' ', U'\u0301', U'\u00a0', U'€', U'\U0010FFFF', char32_t{0xFFFFFFFF}})
    EXPECT_FALSE(IsAlphanumeric(other)) << static_cast<uint32_t>(other);
}

}  // namespace
}  // namespace squire::text
