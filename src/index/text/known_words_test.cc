#include "index/text/known_words.h"

#include <gtest/gtest.h>

namespace squire::text {
namespace {

std::shared_ptr<const KnownWords::Lists> Lists(uint64_t documents, bool with_positions) {
  return std::make_shared<KnownWords::Lists>(KnownWords::Lists{{nullptr, nullptr}, documents, with_positions});
}

TEST(KnownWordsTest, KeepsWhatWasAskedForLast) {
  KnownWords known;
  EXPECT_EQ(known.Find("word", false), nullptr);
  known.Keep("word", Lists(1, false));
  ASSERT_NE(known.Find("word", false), nullptr);
  EXPECT_EQ(known.Find("word", true), nullptr) << "a phrase wants positions";
  known.Keep("word", Lists(2, true));
  ASSERT_NE(known.Find("word", true), nullptr);
  EXPECT_EQ(known.Find("word", false)->documents, 2u) << "positions do no harm to other searches";
}

TEST(KnownWordsTest, IsBounded) {
  KnownWords known;
  constexpr int kWords = 100'000;
  for (int i = 0; i < kWords; i++) known.Keep(std::to_string(i), Lists(1, false));
  int found = 0;
  for (int i = 0; i < kWords; i++) found += known.Find(std::to_string(i), false) == nullptr ? 0 : 1;
  EXPECT_GT(found, 0);
  EXPECT_LT(found, 10'000);
  known.Keep("again", Lists(1, false));
  const std::string huge(17 << 20, 'x');
  known.Keep(huge, Lists(1, false));
  EXPECT_EQ(known.Find(huge, false), nullptr) << "more than all others may take";
  EXPECT_NE(known.Find("again", false), nullptr) << "which it does not cost";
}

TEST(KnownWordsTest, AWordKeptAgainCountsOnce) {
  KnownWords known;
  const std::string large(3 << 20, 'x');
  known.Keep("first", Lists(1, false));
  for (int i = 0; i < 100; i++) known.Keep(large, Lists(1, false));
  EXPECT_NE(known.Find("first", false), nullptr);
}

}  // namespace
}  // namespace squire::text
