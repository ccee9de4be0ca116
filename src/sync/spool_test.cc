#include "sync/spool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace squire::sync {
namespace {

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "squire_spool_XXXXXX").string();
    path_ = std::string(::mkdtemp(pattern.data())) + "/spool.bin";
  }
  ~SpoolTest() override { std::filesystem::remove_all(std::filesystem::path(path_).parent_path()); }

  static HashKey Key(uint64_t n) { return {n, n * 31}; }
  void Fill(uint64_t count) {
    auto spool = Spool::Open(path_, "model", 3);
    ASSERT_TRUE(spool);
    for (uint64_t n = 0; n < count; n++) {
      const HashKey keys[] = {Key(n)};
      ASSERT_TRUE(spool->Add(keys, std::vector<float>(3, static_cast<float>(n))));
    }
  }

  std::string path_;
};

TEST_F(SpoolTest, KeepsVectorsOverProcesses) {
  Fill(10);
  auto spool = Spool::Open(path_, "model", 3);
  ASSERT_TRUE(spool);
  EXPECT_EQ(spool->size(), 10u);
  std::vector<float> vector(3);
  ASSERT_TRUE(*spool->Read(Key(7), vector));
  EXPECT_EQ(vector[2], 7.0f);
  EXPECT_FALSE(*spool->Read(Key(99), vector));
  ASSERT_TRUE(spool->Empty());
  EXPECT_FALSE(*spool->Read(Key(7), vector));
}

TEST_F(SpoolTest, CutsATornTailAndGoesOn) {
  Fill(10);
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 5);
  auto spool = Spool::Open(path_, "model", 3);
  ASSERT_TRUE(spool);
  EXPECT_EQ(spool->size(), 9u);
  const HashKey keys[] = {Key(50)};
  ASSERT_TRUE(spool->Add(keys, std::vector<float>(3, 50)));
  EXPECT_EQ(Spool::Open(path_, "model", 3)->size(), 10u);
}

TEST_F(SpoolTest, AnotherModelsVectorsAreDropped) {
  Fill(10);
  EXPECT_EQ(Spool::Open(path_, "other", 3)->size(), 0u);
  Fill(10);
  EXPECT_EQ(Spool::Open(path_, "model", 4)->size(), 0u);
}

TEST(HashKeyTest, ParsesItsDigitsAndNothingElse) {
  EXPECT_EQ(ParseHash("000000000000000a00000000000000ff"), (HashKey{10, 255}));
  EXPECT_EQ(ParseHash("short"), (HashKey{0, 0}));
}

}  // namespace
}  // namespace squire::sync
