#pragma once

/// Quantities as people write and read them: durations, sizes, counts. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>

#include "squire/result.h"

namespace squire::cli {

/// Seconds of "0s", "90s", "10m", "2h", "7d" or "1w". ERRORS: InvalidArgument.
Result<int64_t> ParseDuration(std::string_view text);
/// Bytes of "1048576", "64K", "1M" or "2G" (powers of 1024; a B or iB may follow). ERRORS: InvalidArgument.
Result<uint64_t> ParseBytes(std::string_view text);

/// "1,234,567"
std::string Counted(uint64_t count);
/// "1 file", "12 files": `what` gets an s but for one.
std::string Counted(uint64_t count, std::string_view what);
/// "812 B", "1.4 MB" (powers of 1000, as file managers have it)
std::string SizeText(uint64_t bytes);
/// "0.4 s", "2 min 5 s", "1 h 12 min"
std::string DurationText(double seconds);
/// "2026-11-21 11:44:07 UTC"
std::string TimeText(int64_t unix_ns);

}  // namespace squire::cli
