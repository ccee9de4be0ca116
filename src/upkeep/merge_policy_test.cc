#include "upkeep/merge_policy.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>

namespace squire::upkeep {
namespace {

constexpr uint64_t kKiB = 1 << 10, kMiB = 1 << 20;

/// A table that is nothing but sizes, kept as NextMerge says.
class Sizes {
 public:
  void Append(uint64_t bytes) {
    sizes_.push_back({bytes, bytes, 1});
    written_ += bytes;
  }
  /// Deletes `bytes` here and there, as replaced rows do.
  void Delete(uint64_t bytes, std::mt19937_64& random) {
    while (bytes > 0 && !sizes_.empty()) {
      FragmentSize& size = sizes_[random() % sizes_.size()];
      const uint64_t some = std::min(bytes, size.live_bytes);
      size.live_bytes -= some;
      if (some == 0) bytes = bytes > kKiB ? bytes - kKiB : 0;
      bytes -= std::min(bytes, some);
      std::erase_if(sizes_, [](const FragmentSize& s) { return s.live_bytes == 0; });
    }
  }
  /// At most `steps` rewrites, in files of the greatest size that is written unasked.
  void Keep(int steps) {
    for (; steps > 0; steps--) {
      const auto run = NextMerge(sizes_);
      if (!run) return;
      const uint64_t file_max = UnaskedFileBytesMax(sizes_);
      uint64_t live = 0;
      for (size_t i = run->first; i < run->first + run->count; i++) live += sizes_[i].live_bytes;
      written_ += live;
      std::vector<FragmentSize> files;
      for (uint64_t left = live; left > 0; left -= std::min(left, file_max))
        files.push_back({std::min(left, file_max), std::min(left, file_max), 1});
      const auto first = sizes_.begin() + static_cast<ptrdiff_t>(run->first);
      sizes_.erase(first, first + static_cast<ptrdiff_t>(run->count));
      sizes_.insert(sizes_.end(), files.begin(), files.end());
    }
  }
  [[nodiscard]] uint64_t live() const { return Sum(&FragmentSize::live_bytes); }
  [[nodiscard]] uint64_t bytes() const { return Sum(&FragmentSize::bytes); }
  [[nodiscard]] uint64_t written() const { return written_; }
  [[nodiscard]] size_t count() const { return sizes_.size(); }
  [[nodiscard]] std::span<const FragmentSize> all() const { return sizes_; }

 private:
  [[nodiscard]] uint64_t Sum(uint64_t FragmentSize::* member) const {
    uint64_t sum = 0;
    for (const FragmentSize& size : sizes_) sum += size.*member;
    return sum;
  }
  std::vector<FragmentSize> sizes_;
  uint64_t written_ = 0;
};

TEST(MergePolicyTest, SmallAppendsStayFewAndAreRewrittenSeldom) {
  for (uint64_t bytes : {16 * kKiB, 200 * kKiB, 900 * kKiB, 5 * kMiB, 30 * kMiB}) {
    Sizes table;
    size_t most = 0;
    for (int commit = 1; commit <= 2000 && table.live() < 2048 * kMiB; commit++) {
      table.Append(bytes);
      if (commit % 8 == 0) table.Keep(4);
      most = std::max(most, table.count());
    }
    EXPECT_LE(most, 64u) << bytes;
    EXPECT_LE(table.written(), 5 * table.live()) << bytes;
  }
}

TEST(MergePolicyTest, ReplacedRowsLeaveFewDeadBytes) {
  std::mt19937_64 random(7);
  for (uint64_t live : {20 * kMiB, 300 * kMiB, 1500 * kMiB}) {
    Sizes table;
    for (uint64_t put = 0; put < live; put += 10 * kMiB) table.Append(10 * kMiB);
    table.Keep(100);
    for (int commit = 1; commit <= 20'000; commit++) {
      table.Delete(64 * kKiB, random);
      table.Append(64 * kKiB);
      if (commit % 8 != 0) continue;
      table.Keep(4);
      ASSERT_LE(table.count(), 64u) << live << " after " << commit;
      ASSERT_LE(table.bytes(), table.live() + std::max(16 * kMiB, table.live() / 2)) << live << " after " << commit;
    }
  }
}

TEST(MergePolicyTest, NothingLargeIsWrittenUnasked) {
  std::vector<FragmentSize> sizes(6, {60 * kMiB, 60 * kMiB, 1000});
  EXPECT_EQ(NextMerge(sizes), std::nullopt);
  sizes.resize(12, {kKiB, kKiB, 1});
  EXPECT_EQ(NextMerge(sizes), std::nullopt) << "six small ones can wait";
  EXPECT_EQ(UnaskedFileBytesMax(sizes), 64 * kMiB);
}

TEST(MergePolicyTest, OnAFullDiskDeadRowsGoFirstWhereTheyFit) {
  std::vector<FragmentSize> sizes(16, {200 * kKiB, 200 * kKiB, 10});
  sizes.insert(sizes.begin(), {{10 * kMiB, 6 * kMiB, 100}, {10 * kMiB, 9 * kMiB, 100}, {2 * kMiB, kMiB, 20}});
  EXPECT_EQ(NextMerge(sizes), (FragmentRun{3, 16})) << "six MiB of dead rows are nothing";
  EXPECT_EQ(NextMerge(sizes, 4 * kMiB), (FragmentRun{3, 16}));
  EXPECT_EQ(NextMerge(sizes, 2 * kMiB), (FragmentRun{2, 1}));
  EXPECT_EQ(NextMerge(sizes, kMiB / 2), (FragmentRun{3, 16})) << "nothing fits: that is told";
  sizes.resize(3);
  EXPECT_EQ(NextMerge(sizes), std::nullopt);
  EXPECT_EQ(NextMerge(sizes, 20 * kMiB), std::nullopt);
  EXPECT_EQ(NextMerge(sizes, 2 * kMiB), (FragmentRun{2, 1}));
}

TEST(MergePolicyTest, AtABoundDeadRowsGoWhereverTheyAreWorthIt) {
  const std::vector<FragmentSize> sizes = {{50 * kMiB, 49 * kMiB, 100}, {10 * kMiB, 8 * kMiB, 100}};
  EXPECT_EQ(NextMerge(sizes), std::nullopt);
  EXPECT_EQ(NextMerge(sizes, UINT64_MAX, /*is_pressed=*/true), (FragmentRun{1, 1}));
  EXPECT_EQ(NextMerge(std::span(sizes).first(1), UINT64_MAX, true), std::nullopt) << "a fiftieth is not";
}

TEST(MergePolicyTest, AskedForRunsStandSideBySide) {
  const FragmentSize small{kMiB, kMiB, 10}, big{200 * kMiB, 200 * kMiB, 10}, holed{200 * kMiB, 100 * kMiB, 10};
  const std::vector<FragmentSize> sizes = {small, small, big, small, big, holed, small, small};
  EXPECT_THAT(PlanCompaction(sizes, {}), testing::ElementsAre(FragmentRun{0, 2}, FragmentRun{5, 3}));
  EXPECT_TRUE(PlanCompaction(std::vector{big, small}, {}).empty());
  const std::vector<FragmentSize> many(100, {10 * kMiB, 10 * kMiB, 10});
  size_t covered = 0;
  for (const FragmentRun& run : PlanCompaction(many, {})) {
    EXPECT_LE(run.count, 12u);
    covered += run.count;
  }
  EXPECT_EQ(covered, 100u);
}

}  // namespace
}  // namespace squire::upkeep
