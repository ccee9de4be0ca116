#include "base/log.h"

#include <gtest/gtest.h>

#include <string>

namespace squire {

TEST(Log, SendsWhatIsLoudEnoughToTheSink) {
  std::string heard;
  Log(LogLevel::kError, "before");
  SetLogSink(LogLevel::kWarn, [&](LogLevel, std::string_view sentence) { heard += sentence; });
  Log(LogLevel::kInfo, "info");
  Log(LogLevel::kWarn, "warn");
  Log(LogLevel::kOff, "off");
  SetLogSink(LogLevel::kDebug, nullptr);
  Log(LogLevel::kError, "after");
  EXPECT_EQ(heard, "warn");
}

}  // namespace squire
