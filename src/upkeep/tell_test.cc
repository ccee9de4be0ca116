#include "upkeep/tell.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace squire::upkeep {
namespace {

TEST(TellTest, SaysWhatAndHowMuch) {
  EXPECT_EQ(CompactPlan(12, 34'000'000, 3), "will compact 12 fragments, 34 MB, into about 3");
  EXPECT_EQ(PrunePlan(1, 9, 1, 999), "will prune 1 of 9 versions: 1 file, 999 B");
  EXPECT_EQ(FoldPlan(1, "id_idx"), "will fold 1 row into index 'id_idx'");
  EXPECT_EQ(PruneDone(0, 0), "prune found nothing to free");
  EXPECT_EQ(PruneDone(81, 1400), "prune freed 1.4 kB in 81 files");
  const Error full = FromErrno(ENOSPC, "cannot write", "/t/x");
  EXPECT_EQ(FailedText("prune", full, 1, 1).find("prune failed and is tried again in 1 s: NoSpace"), 0u);
  EXPECT_EQ(FailedText("prune", full, 3, 4).find("prune failed 3 times in a row and is tried again in 4 s"), 0u);
  EXPECT_EQ(FailedText("fold", full, 1, 0).find("fold failed: NoSpace"), 0u);
  EXPECT_EQ(CompactDone(2, 1400, 1), "compacted 2 fragments: 1.4 kB written, 1 deleted row dropped");
  EXPECT_EQ(FoldDone(2, "id_idx"), "folded 2 rows into index 'id_idx'");
  EXPECT_EQ(BytesText(999'999), "1.0 MB");
  EXPECT_EQ(BytesText(UINT64_MAX), "18 EB");
}

}  // namespace
}  // namespace squire::upkeep
