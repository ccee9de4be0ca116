#include "table/lru.h"

#include <gtest/gtest.h>

namespace squire::table {
namespace {

TEST(LruTest, TheLeastRecentlyUsedGoFirst) {
  Lru<int> lru(10);
  (void)lru.Add("a", std::make_shared<int>(1), 4);
  (void)lru.Add("b", std::make_shared<int>(2), 4);
  ASSERT_TRUE(lru.Find("a"));
  (void)lru.Add("c", std::make_shared<int>(3), 4);
  EXPECT_FALSE(lru.Find("b"));
  EXPECT_EQ(*lru.Find("a"), 1);
  EXPECT_EQ(*lru.Find("c"), 3);
}

TEST(LruTest, WhatIsHeldStays) {
  Lru<int> lru(10);
  (void)lru.Add("a", std::make_shared<int>(1), 4);
  EXPECT_EQ(*lru.Add("a", std::make_shared<int>(2), 4), 1);
}

TEST(LruTest, WhatIsGreaterThanAllIsNotHeldButServes) {
  Lru<int> lru(10);
  EXPECT_EQ(*lru.Add("a", std::make_shared<int>(1), 11), 1);
  EXPECT_FALSE(lru.Find("a"));
}

}  // namespace
}  // namespace squire::table
