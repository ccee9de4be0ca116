#include "lance/fsst_encoder.h"

#include <gtest/gtest.h>

#include <random>

#include "lance/fsst.h"

namespace squire::lance {
namespace {

std::string Hex(std::mt19937& random, size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += "0123456789abcdef"[random() % 16];
  return out;
}

std::string Decoded(const FsstEncoder& encoder, std::string_view text) {
  std::vector<uint8_t> codes;
  encoder.Encode(text, codes);
  EXPECT_LE(codes.size(), 2 * text.size());
  const auto decoder = FsstDecoder::Parse(AsBytes(encoder.SymbolTable()));
  EXPECT_TRUE(decoder) << decoder.error().ToString();
  GrowBuffer out;
  EXPECT_TRUE(decoder->Decode(codes, out));
  return std::string(AsText(out.span()));
}

TEST(FsstEncoderTest, WhatWasEncodedComesBack) {
  std::mt19937 random(1);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; i++)
    texts.push_back("def read_" + std::to_string(i % 7) + "(self, path):\n    return self.open(path).read(" +
                    Hex(random, 5) + ")\n");
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto encoder = FsstEncoder::Train(views);
  ASSERT_TRUE(encoder);
  size_t raw = 0, packed = 0;
  for (const std::string& text : texts) {
    EXPECT_EQ(Decoded(*encoder, text), text);
    std::vector<uint8_t> codes;
    encoder->Encode(text, codes);
    raw += text.size();
    packed += codes.size();
  }
  EXPECT_LT(packed * 3, raw);
  EXPECT_EQ(Decoded(*encoder, ""), "");
  for (int i = 0; i < 500; i++) {  // bytes that it was not made for, zeros among them
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 3 == 0 ? 0 : random());
    EXPECT_EQ(Decoded(*encoder, bytes), bytes);
    const std::string cut = texts[0].substr(0, random() % texts[0].size());
    EXPECT_EQ(Decoded(*encoder, cut), cut);
  }
}

TEST(FsstEncoderTest, HexTakesLittleMoreThanHalf) {
  std::mt19937 random(2);
  const std::string text = Hex(random, 1 << 20);
  const std::vector<std::string_view> views = {text};
  const auto encoder = FsstEncoder::Train(views);
  ASSERT_TRUE(encoder);
  std::vector<uint8_t> codes;
  encoder->Encode(text, codes);
  EXPECT_LT(codes.size(), text.size() * 56 / 100);
}

TEST(FsstEncoderTest, WhatDoesNotPayIsLeft) {
  std::mt19937 random(3);
  std::string noise(100'000, ' ');
  for (char& byte : noise) byte = static_cast<char>(random());
  const std::vector<std::string_view> views = {noise};
  EXPECT_FALSE(FsstEncoder::Train(views));
  EXPECT_FALSE(FsstEncoder::Train({}));
}

}  // namespace
}  // namespace squire::lance
