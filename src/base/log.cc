#include "base/log.h"

#include <utility>

namespace squire {
namespace {
LogLevel g_least = LogLevel::kOff;
LogSink g_sink;  // NOLINT: set once, before threads start
}  // namespace

void SetLogSink(LogLevel least, LogSink sink) {
  g_least = sink ? least : LogLevel::kOff;
  g_sink = std::move(sink);
}

bool LogEnabled(LogLevel level) { return level != LogLevel::kOff && level >= g_least; }

void Log(LogLevel level, std::string_view sentence) {
  if (LogEnabled(level)) g_sink(level, sentence);
}

}  // namespace squire
