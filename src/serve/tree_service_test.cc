#include "serve/tree_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "serve/answer_json.h"

namespace squire::serve {
namespace {

TEST(UpdatingText, TellsWhatIsUnderWay) {
  KeeperState keeper;
  EXPECT_EQ(UpdatingText(keeper, true), "");
  EXPECT_EQ(UpdatingText(keeper, false), "there is no index yet; it is about to be made");
  keeper.updating = true;
  keeper.progress = {.phase = sync::Progress::Phase::kEmbedding, .files_done = 120, .files_total = 3012};
  EXPECT_EQ(UpdatingText(keeper, false), "the first index is being made: embedding, 120 of 3012 files");
  EXPECT_EQ(UpdatingText(keeper, true), "the index is being updated: embedding, 120 of 3012 files");
}

TEST(FreshnessText, CountsInWords) {
  EXPECT_EQ(FreshnessText({}), "");
  EXPECT_EQ(FreshnessText({.pending = 1, .stale = 0}), "1 file is not indexed yet");
  EXPECT_EQ(FreshnessText({.pending = 2, .stale = 1}),
            "1 file changed since the last index run, 2 files are not indexed yet");
}

TEST(AnswerJson, HoldsTheFieldsInTheirOrder) {
  sync::SearchHit hit{"a.cc", 1, 2, 0.5, "function", "f", "cpp", "text"};
  EXPECT_EQ(ToJson(hit).dump(),
            R"({"path":"a.cc","start_line":1,"end_line":2,"score":0.5,"kind":"function","name":"f","lang":"cpp",)"
            R"("text":"text"})");
  EXPECT_EQ(ToJson(std::vector<sync::SearchHit>{}).dump(), "[]");
}

}  // namespace
}  // namespace squire::serve
