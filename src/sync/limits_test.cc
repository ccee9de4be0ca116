#include "sync/limits.h"

#include <gtest/gtest.h>

namespace squire::sync {
namespace {

TEST(LimitsTest, CountsByTheTreesOwnBytes) {
  EXPECT_FALSE(LimitsOf({}, 100).any());
  EXPECT_EQ(LimitsOf({.max_bytes_per_source = 2.5}, 100 << 20).max_bytes, uint64_t{250} << 20);
  EXPECT_EQ(LimitsOf({.max_bytes_per_source = 2.5}, 100).max_bytes, kMultipleBytesMin);
  EXPECT_EQ(LimitsOf({.max_bytes = 200, .max_bytes_per_source = 2.5}, 100).max_bytes, 200u);
  EXPECT_FALSE(LimitsOf({.max_bytes_per_source = 2.5}, 0).any());
  EXPECT_GT(LimitsOf({.max_bytes_per_source = 1e300}, UINT64_MAX).max_bytes, uint64_t{1} << 62);
}

TEST(LimitsTest, FilesOfAnySortAreParsedOrRefused) {
  EXPECT_EQ(*ParseLimits(AsBytes("{}"), "f"), IndexLimits());
  const auto limits = ParseLimits(AsBytes(R"({"max_bytes": 5, "max_bytes_per_source": 3, "other": []})"), "f");
  ASSERT_TRUE(limits);
  EXPECT_EQ(*limits, (IndexLimits{.max_bytes = 5, .max_bytes_per_source = 3}));
  for (const char* text : {"", "[]", "{\"max_bytes\": -1}", "{\"max_bytes\": \"5\"}", "{\"max_bytes_per_live\": -2}",
                           "{\"max_versions\": 1.5}"})
    EXPECT_EQ(ParseLimits(AsBytes(text), "f").error().code, Code::kCorruption) << text;
}

}  // namespace
}  // namespace squire::sync
