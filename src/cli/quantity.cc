#include "cli/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>

#include "base/try.h"

namespace squire::cli {
namespace {

/// The number that `text` begins with; what follows it stays in `text`.
Result<uint64_t> LeadingNumber(std::string_view& text, std::string_view expected) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return InvalidArgument(fmt::format("'{}' is not {}", text, expected));
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

Result<uint64_t> Times(uint64_t value, uint64_t unit, uint64_t most, std::string_view expected) {
  if (value > most / unit) return InvalidArgument(fmt::format("the number is too large for {}", expected));
  return value * unit;
}

}  // namespace

Result<int64_t> ParseDuration(std::string_view text) {
  constexpr std::string_view kExpected = "a duration such as 0s, 10m, 2h, 7d or 1w";
  const std::string_view whole = text;
  const uint64_t value = TRY(LeadingNumber(text, kExpected));
  uint64_t unit_s = 0;
  if (text == "s" || (text.empty() && value == 0))
    unit_s = 1;
  else if (text == "m")
    unit_s = 60;
  else if (text == "h")
    unit_s = 3600;
  else if (text == "d")
    unit_s = 86'400;
  else if (text == "w")
    unit_s = 7 * 86'400;
  else
    return InvalidArgument(fmt::format("'{}' is not {}", whole, kExpected));
  // Fits even when counted in nanoseconds.
  return static_cast<int64_t>(
      TRY(Times(value, unit_s, std::numeric_limits<int64_t>::max() / 1'000'000'000, kExpected)));
}

Result<uint64_t> ParseBytes(std::string_view text) {
  constexpr std::string_view kExpected = "a size such as 65536, 64K, 1M or 2G";
  const std::string_view whole = text;
  const uint64_t value = TRY(LeadingNumber(text, kExpected));
  uint64_t unit = 1;
  if (!text.empty() && text[0] != 'B') {
    const size_t power = std::string_view("KMGT").find(static_cast<char>(text[0] & ~0x20));
    if (power == std::string_view::npos) return InvalidArgument(fmt::format("'{}' is not {}", whole, kExpected));
    unit = 1ull << (10 * (power + 1));
    text.remove_prefix(1);
  }
  if (!text.empty() && text != "B" && text != "iB")
    return InvalidArgument(fmt::format("'{}' is not {}", whole, kExpected));
  return Times(value, unit, std::numeric_limits<int64_t>::max(), kExpected);
}

std::string Counted(uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string out;
  for (size_t i = 0; i < digits.size(); i++) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string Counted(uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", Counted(count), what, count == 1 ? "" : "s");
}

std::string SizeText(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) value /= 1000, unit++;
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, kUnits[unit]);
}

std::string DurationText(double seconds) {
  if (!(seconds >= 0)) return "?";
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<uint64_t>(std::llround(std::min(seconds, 1e15)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string TimeText(int64_t unix_ns) {
  const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "?";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace squire::cli
