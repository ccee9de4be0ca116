#include "index/text/posting_codec.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace squire::text {
namespace {

struct Postings {
  std::vector<uint32_t> documents, frequencies;
};

Postings RandomPostings(std::mt19937& random, size_t count, uint32_t gap_max, uint32_t frequency_max) {
  Postings out;
  uint32_t document = random() % gap_max;
  for (size_t i = 0; i < count; i++) {
    out.documents.push_back(document);
    out.frequencies.push_back(1 + static_cast<uint32_t>(random()) % frequency_max);
    document += 1 + static_cast<uint32_t>(random()) % gap_max;
  }
  return out;
}

TEST(PostingCodecTest, EveryWidthComesBack) {
  std::mt19937 random(3);
  for (int bits = 0; bits < 24; bits++) {
    for (const size_t count : {size_t{1}, size_t{2}, size_t{127}, kBlockDocuments}) {
      const Postings in = RandomPostings(random, count, 1u << bits, 1u << (23 - bits));
      std::vector<uint8_t> bytes;
      EncodeBlock(in.documents, in.frequencies, 1.5f, bytes);
      PostingBlock out;
      const auto decoded = DecodeBlock(bytes, count, in.documents.back() + 1, out);
      ASSERT_TRUE(decoded) << decoded.error().ToString();
      for (size_t i = 0; i < count; i++) {
        ASSERT_EQ(out.documents[i], in.documents[i]);
        ASSERT_EQ(out.frequencies[i], in.frequencies[i]);
      }
      EXPECT_EQ(DecodeBlock(bytes, count, in.documents.back(), out).error().code, Code::kCorruption);
    }
  }
}

/// Of 200 texts, text i holds a word 1 + i % 3 times, but those with i % 3 = 1: what pylance 14.0.2 wrote of it.
TEST(PostingCodecTest, IsLances) {
  constexpr std::string_view kFull =
      "3d25173f000000000254555555aaaaaaaa55555555aaaaaaaa55555555aaaaaaaa55555555aaaaaaaa02"
      "55555555ffffffff55555555ffffffff55555555ffffffff55555555ffffffff";
  constexpr std::string_view kShort = "3d25173fc001020102010103010301";
  constexpr float kMaxScore = 0.5904119610786438f;
  Postings in;
  for (uint32_t i = 0; i < 200; i++) {
    if (i % 3 == 1) continue;
    in.documents.push_back(i);
    in.frequencies.push_back(1 + i % 3);
  }
  const auto documents = std::span<const uint32_t>(in.documents),
             frequencies = std::span<const uint32_t>(in.frequencies);
  size_t at = 0;
  for (const std::string_view hex : {kFull, kShort}) {
    std::vector<uint8_t> theirs, ours;
    for (size_t i = 0; i < hex.size(); i += 2)
      theirs.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    const size_t count = std::min(kBlockDocuments, in.documents.size() - at);
    PostingBlock block;
    ASSERT_TRUE(DecodeBlock(theirs, count, 200, block));
    EXPECT_TRUE(std::ranges::equal(std::span(block.documents).first(count), documents.subspan(at, count)));
    EXPECT_TRUE(std::ranges::equal(std::span(block.frequencies).first(count), frequencies.subspan(at, count)));
    EncodeBlock(documents.subspan(at, count), frequencies.subspan(at, count), kMaxScore, ours);
    EXPECT_EQ(ours, theirs);
    at += count;
  }
}

TEST(PostingCodecTest, DamageIsRefused) {
  std::mt19937 random(4);
  for (const size_t count : {size_t{5}, kBlockDocuments}) {
    const Postings in = RandomPostings(random, count, 9, 4);
    std::vector<uint8_t> bytes;
    EncodeBlock(in.documents, in.frequencies, 1, bytes);
    PostingBlock out;
    for (size_t size = 0; size < bytes.size(); size++)
      EXPECT_FALSE(DecodeBlock(Bytes(bytes).first(size), count, 100'000, out)) << size;
    EXPECT_FALSE(DecodeBlock(bytes, 0, 100'000, out));
    EXPECT_FALSE(DecodeBlock(bytes, kBlockDocuments + 1, 100'000, out));
    bytes.push_back(0);
    EXPECT_FALSE(DecodeBlock(bytes, count, 100'000, out));
    for (int i = 0; i < 3000; i++) {  // any bytes at all
      std::vector<uint8_t> hostile(random() % 200);
      for (uint8_t& byte : hostile) byte = static_cast<uint8_t>(random());
      if (hostile.size() > 8) hostile[8] %= 34;
      (void)DecodeBlock(hostile, count, 1000, out);
    }
  }
}

TEST(PostingCodecTest, PositionsComeBack) {
  std::mt19937 random(5);
  for (const uint32_t documents : {1u, 2u, 60u, 128u}) {
    for (const uint32_t frequency_max : {1u, 3u, 200u}) {
      std::vector<uint32_t> frequencies, positions, read;
      for (uint32_t i = 0; i < documents; i++) {
        frequencies.push_back(1 + random() % frequency_max);
        uint32_t position = random() % 3;
        for (uint32_t at = 0; at < frequencies.back(); at++, position += random() % (1 + random() % 70'000))
          positions.push_back(position);
      }
      std::vector<uint8_t> bytes;
      EncodePositions(positions, frequencies, bytes);
      ASSERT_TRUE(DecodePositions(bytes, frequencies, read));
      EXPECT_EQ(read, positions);
      for (const size_t size : {size_t{0}, bytes.size() / 2, bytes.size() - 1})
        EXPECT_FALSE(DecodePositions(Bytes(bytes).first(size), frequencies, read)) << size;
      bytes.push_back(0);
      EXPECT_FALSE(DecodePositions(bytes, frequencies, read));
    }
  }
  std::vector<uint32_t> read;
  EXPECT_FALSE(DecodePositions({}, std::vector<uint32_t>(128, ~uint32_t{0}), read)) << "no room is taken for a claim";
  std::vector<uint8_t> over;
  EncodePositions(std::vector<uint32_t>{~uint32_t{0}}, std::vector<uint32_t>{1}, over);
  EncodePositions(std::vector<uint32_t>{1}, std::vector<uint32_t>{1}, over);
  EXPECT_FALSE(DecodePositions(over, std::vector<uint32_t>{2}, read)) << "a sum of over 32 bits";
}

}  // namespace
}  // namespace squire::text
