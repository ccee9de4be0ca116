#include "serve/health_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace squire::serve {
namespace {

TableHealth Sick() {
  TableHealth health;
  health.red = true;
  health.measures = {.bytes = 3000, .live_bytes = 1000, .versions = 4, .measured_ns = 1'500'000'000};
  StageHealth commit{.stage = "commit", .red = true, .streak = 3};
  commit.last_error = FromErrno(ENOSPC, "cannot write", "/t.lance/data/x");
  health.stages = {commit, {.stage = "prune", .last_success_ns = 2'000'000'000}};
  return health;
}

TEST(HealthReportTest, JsonTellsStagesAndMeasures) {
  const auto json = ToJson(Sick());
  EXPECT_EQ(json["status"], "red");
  EXPECT_EQ(json["ratio"], 3.0);
  EXPECT_EQ(json["stages"]["commit"]["last_error"]["code"], "NoSpace");
  EXPECT_TRUE(json["stages"]["prune"]["last_error"].is_null());
  EXPECT_EQ(json["stages"]["prune"]["last_success"], 2.0);
  EXPECT_EQ(ToJson(TableHealth{})["status"], "green");
}

TEST(HealthReportTest, TroubleIsASentence) {
  EXPECT_EQ(TroubleText(TableHealth{}), "");
  EXPECT_EQ(TroubleText(Sick()).find("commit has failed 3 times: NoSpace: cannot write (/t.lance/data/x)"), 0u);
}

TEST(HealthReportTest, PrometheusGroupsByMetricAndQuotes) {
  const std::string text = PrometheusText({{"/a\"\\\n.lance", Sick()}, {"/b.lance", TableHealth{}}});
  EXPECT_NE(text.find("# TYPE squire_table_healthy gauge\nsquire_table_healthy{table=\"/a\\\"\\\\\\n.lance\"} 0\n"
                      "squire_table_healthy{table=\"/b.lance\"} 1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("squire_stage_failures{table=\"/a\\\"\\\\\\n.lance\",stage=\"commit\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("squire_table_bytes{table=\"/b.lance\"} 0\n"), std::string::npos);
}

}  // namespace
}  // namespace squire::serve
