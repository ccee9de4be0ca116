#include "embed/prepared_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace squire::embed {
namespace {

namespace fs = std::filesystem;

class Prepared : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "squire-prepared-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static void Write(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

  /// Prepares `bytes` as OpenVINO would.
  void Fill(PreparedCache& cache, const std::string& bytes) {
    const auto begun = cache.Begin();
    ASSERT_TRUE(begun);
    Write(*begun / "1.blob", bytes);
    cache.Publish();
  }

  [[nodiscard]] long Entries() const {
    return std::distance(fs::directory_iterator(folder_ / "cache"), fs::directory_iterator());
  }

  fs::path folder_;
};

TEST_F(Prepared, IsFoundByItsKeyOnly) {
  PreparedCache cache({folder_ / "cache"}, "key");
  EXPECT_FALSE(cache.Find());
  Fill(cache, "blob");
  EXPECT_TRUE(cache.Find());
  EXPECT_FALSE(PreparedCache({folder_ / "cache"}, "other").Find());
  EXPECT_EQ(Entries(), 1);
}

TEST_F(Prepared, DamageIsSeenAndReplaced) {
  PreparedCache cache({folder_ / "cache"}, "key");
  Fill(cache, "blob");
  const fs::path blob = *cache.Find() / "1.blob";
  fs::resize_file(blob, 2);
  EXPECT_FALSE(cache.Find());
  Fill(cache, "again");
  ASSERT_TRUE(cache.Find());
  EXPECT_EQ(fs::file_size(blob), 5u);
  EXPECT_EQ(Entries(), 1);
}

TEST_F(Prepared, TwoProcessesAtOnce) {
  PreparedCache one({folder_ / "cache"}, "key");
  PreparedCache two({folder_ / "cache"}, "key");
  const auto first = one.Begin();
  const auto second = two.Begin();
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  Write(*first / "1.blob", "blob");
  Write(*second / "1.blob", "blob");
  one.Publish();
  two.Publish();
  EXPECT_TRUE(one.Find());
  EXPECT_EQ(Entries(), 1);
}

TEST_F(Prepared, NothingPreparedLeavesNothing) {
  PreparedCache cache({folder_ / "cache"}, "key");
  ASSERT_TRUE(cache.Begin());
  cache.Publish();
  EXPECT_FALSE(cache.Find());
  ASSERT_TRUE(cache.Begin());
  cache.Discard();
  EXPECT_EQ(Entries(), 0);
}

TEST_F(Prepared, GoesWhereItCan) {
  Write(folder_ / "file", "");
  PreparedCache cache({folder_ / "file" / "x", folder_ / "cache"}, "key");
  Fill(cache, "blob");
  EXPECT_EQ(cache.Find()->parent_path(), folder_ / "cache");
  EXPECT_FALSE(PreparedCache({folder_ / "file"}, "key").Begin());
}

TEST(CpuIdentity, IsTheSameTwice) { EXPECT_EQ(CpuIdentity(), CpuIdentity()); }

}  // namespace
}  // namespace squire::embed
