#include "embed/wordpiece.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace squire::embed {
namespace {

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

const WordPiece& Pinned() {
  static const WordPiece pieces = [] {
    auto parsed = WordPiece::Parse(Slurp(SQUIRE_MODEL_SOURCE "/vocab.txt"));
    EXPECT_TRUE(parsed) << parsed.error().ToString();
    return std::move(parsed).take();
  }();
  return pieces;
}

std::vector<uint32_t> Encode(const WordPiece& pieces, std::string_view text, size_t limit = 256) {
  std::vector<uint32_t> ids;
  pieces.Encode(text, limit, ids);
  return ids;
}

// The golden ids are those of Hugging Face's `tokenizers` 0.23 with the model's tokenizer.json, its special tokens read
// as plain text (encode_special_tokens).
TEST(WordPiece, GoldenTexts) {
  std::ifstream golden(SQUIRE_EMBED_TESTDATA "/wordpiece.jsonl");
  std::string line;
  int count = 0;
  while (std::getline(golden, line)) {
    const auto entry = nlohmann::json::parse(line);
    const auto text = entry["text"].get<std::string>();
    EXPECT_EQ(Encode(Pinned(), text), entry["ids"].get<std::vector<uint32_t>>()) << line.substr(0, 300);
    ++count;
  }
  EXPECT_GT(count, 150);
}

TEST(WordPiece, CutsAtTheLimitAndSaysSo) {
  std::vector<uint32_t> ids = {7};
  EXPECT_TRUE(Pinned().Encode("one two three four", 4, ids));
  EXPECT_EQ(ids, (std::vector<uint32_t>{7, 101, 2028, 2048, 102}));
  ids.clear();
  EXPECT_FALSE(Pinned().Encode("one two", 4, ids));
  EXPECT_EQ(ids, (std::vector<uint32_t>{101, 2028, 2048, 102}));
  EXPECT_EQ(Encode(Pinned(), "one", 2), (std::vector<uint32_t>{101, 102}));
}

TEST(WordPiece, BytesThatAreNotUtf8AreSkipped) {
  EXPECT_EQ(Encode(Pinned(), "one\xff\xfe two\xc3"), Encode(Pinned(), "one two"));
  EXPECT_EQ(Encode(Pinned(), "\xed\xa0\x80 \xf8\x88\x80\x80\x80"), Encode(Pinned(), ""));
  std::string noise;
  uint32_t state = 1;
  for (int i = 0; i < 200000; ++i) noise.push_back(static_cast<char>((state = state * 1664525 + 1013904223) >> 24));
  EXPECT_LE(Encode(Pinned(), noise).size(), 256u);
}

TEST(WordPiece, EndlessWordIsOneUnknown) {
  EXPECT_EQ(Encode(Pinned(), std::string(10 << 20, 'x')), (std::vector<uint32_t>{101, 100, 102}));
}

TEST(WordPiece, RefusesBadVocabularies) {
  EXPECT_FALSE(WordPiece::Parse(""));
  EXPECT_FALSE(WordPiece::Parse("[UNK]\n[CLS]\n[SEP]\nword\n"));
  EXPECT_FALSE(WordPiece::Parse(std::string(5 << 20, 'a')));
  std::string many = "[UNK]\n[CLS]\n[SEP]\n[PAD]\n";
  for (int i = 0; i < 70000; ++i) many += "w\n";
  EXPECT_FALSE(WordPiece::Parse(many));
}

TEST(WordPiece, VocabularyWithoutContinuations) {
  auto pieces = WordPiece::Parse("[UNK]\n[CLS]\r\n[SEP]\n[PAD]\nab");
  ASSERT_TRUE(pieces);
  EXPECT_EQ(Encode(*pieces, "ab"), (std::vector<uint32_t>{1, 4, 2}));
  EXPECT_EQ(Encode(*pieces, "abab"), (std::vector<uint32_t>{1, 0, 2}));
}

}  // namespace
}  // namespace squire::embed
