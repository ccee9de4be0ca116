// Words as an automaton: those of other Lance programs, and ours.

#include "index/text/fst_words.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "index/text/fst_writer.h"

namespace squire::text {
namespace {

using Numbered = std::map<std::string, uint32_t>;

Numbered AsMap(const NumberedWords& words) {
  Numbered out;
  for (size_t i = 0; i < words.ends.size(); i++) {
    const size_t begin = i == 0 ? 0 : words.ends[i - 1];
    out[words.bytes.substr(begin, words.ends[i] - begin)] = words.numbers[i];
  }
  return out;
}

std::vector<uint8_t> Write(const Numbered& words) {
  FstWriter writer;
  for (const auto& [word, number] : words) writer.Add(word, number);
  return writer.Finish();
}

std::vector<uint8_t> FromHex(std::string_view hex) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i < hex.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

/// As pylance 14.0.2 wrote it, of the texts "alpha beta", "gamma the alpha of beta", "xx xx xx naive strasse don t".
constexpr std::string_view kTheirs =
    "03000000000000000000000000000000001085cec9cf041081c200108bc40c1090d0c50010a2c8c5001082c6c6c5c7c10010"
    "aa03070504020601000100040c11161a1e7874736e67646261110808000000000000004c00000000000000275cd71f";

TEST(FstWordsTest, WordsThatOthersWrote) {
  const auto words = ReadFstWords(FromHex(kTheirs), 100);
  ASSERT_TRUE(words) << words.error().ToString();
  const Numbered wanted = {{"alpha", 0u}, {"beta", 1u},    {"gamma", 2u}, {"xx", 3u},
                           {"naiv", 4u},  {"strasse", 5u}, {"don", 6u},   {"t", 7u}};
  EXPECT_EQ(AsMap(*words), wanted);
  EXPECT_EQ(Write(wanted), FromHex(kTheirs)) << "byte by byte";
  EXPECT_EQ(ReadFstWords(FromHex(kTheirs), 3).error().code, Code::kOverBudget);
}

TEST(FstWordsTest, WordsComeBack) {
  std::mt19937 random(7);
  for (const uint32_t letters : {2u, 26u, 256u})
    for (const uint32_t length : {1u, 3u, 12u})
      for (const size_t count : {size_t{0}, size_t{1}, size_t{30}, size_t{5000}}) {
        std::set<std::string> words;
        for (size_t i = 0; i < count; i++) {
          std::string word(random() % (length + 1), '\0');
          for (char& letter : word)
            letter = static_cast<char>(letters == 26 ? 'a' + random() % 26 : random() % letters);
          words.insert(word);
        }
        for (const bool is_ordered : {true, false}) {
          Numbered wanted;
          for (const std::string& word : words)
            wanted[word] = is_ordered ? static_cast<uint32_t>(wanted.size()) : static_cast<uint32_t>(random());
          const auto read = ReadFstWords(Write(wanted), words.size());
          ASSERT_TRUE(read) << read.error().ToString() << " " << letters << " " << length << " " << count;
          EXPECT_EQ(AsMap(*read), wanted) << letters << " " << length << " " << count;
        }
      }
}

TEST(FstWordsTest, EndsAreSharedAndLongWordsRead) {
  Numbered words;
  for (int i = 0; i < 10'000; i++) words[std::to_string(i) + "_configuration"] = 0;
  EXPECT_LT(Write(words).size(), 1000u);
  const Numbered longest = {{std::string(kFstWordBytesMax, 'x'), 0}};
  EXPECT_EQ(AsMap(*ReadFstWords(Write(longest), 1)), longest);
  const Numbered longer = {{std::string(kFstWordBytesMax + 1, 'x'), 0}};
  EXPECT_EQ(ReadFstWords(Write(longer), 1).error().code, Code::kOverBudget);
}

TEST(FstWordsTest, AnyBytesAtAll) {
  const auto bytes = FromHex(kTheirs);
  for (size_t size = 0; size < bytes.size(); size++) EXPECT_FALSE(ReadFstWords(Bytes(bytes).first(size), 100)) << size;
  std::mt19937 random(6);
  for (int round = 0; round < 20'000; round++) {
    auto broken = bytes;
    for (uint32_t i = 1 + random() % 4; i > 0; i--) broken[random() % broken.size()] = static_cast<uint8_t>(random());
    (void)ReadFstWords(broken, 100);
  }
}

}  // namespace
}  // namespace squire::text
