#pragma once

/// Where the library's own remarks go: nowhere, unless the program sets a sink. Any thread may log; the sink is set
/// once, before threads start.

#include <functional>
#include <string_view>

namespace squire {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

using LogSink = std::function<void(LogLevel level, std::string_view sentence)>;

/// Sends what is at least `least` to `sink`, which may be called by several threads at once.
void SetLogSink(LogLevel least, LogSink sink);
/// Whether a remark of this level goes anywhere: ask before composing a costly one.
bool LogEnabled(LogLevel level);
void Log(LogLevel level, std::string_view sentence);

}  // namespace squire
