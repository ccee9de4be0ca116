// Dates and timestamps of value.h: to and from text. The calendar is the proleptic Gregorian one (ISO 8601).

#include <array>

#include "query/where/value.h"

namespace squire::where {
namespace {

constexpr Int128 kNsPerSecond = 1'000'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

/// Reads `count` digits at `at` and moves behind them.
std::optional<int> Digits(std::string_view text, size_t& at, size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  at += count;
  return value;
}

bool Skip(std::string_view text, size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  at++;
  return true;
}

/// Days since 1970-01-01. Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
int64_t DaysOf(int year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::optional<int64_t> ReadDate(std::string_view text, size_t& at, bool may_be_compact) {
  const auto year = Digits(text, at, 4);
  const bool has_dashes = Skip(text, at, '-');
  if (!has_dashes && !may_be_compact) return std::nullopt;
  const auto month = Digits(text, at, 2);
  if (has_dashes && !Skip(text, at, '-')) return std::nullopt;
  const auto day = Digits(text, at, 2);
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1) return std::nullopt;
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
  if (*day > kDays[static_cast<size_t>(*month - 1)] + (*month == 2 && is_leap)) return std::nullopt;
  return DaysOf(*year, *month, *day);
}

/// Seconds east of UTC of "Z", "UTC", "+01:00" or "+0100", or nothing written.
std::optional<int> ReadZone(std::string_view text, size_t& at) {
  Skip(text, at, ' ');
  if (at == text.size()) return 0;
  if (text.substr(at) == "Z" || text.substr(at) == "z" || text.substr(at) == "UTC") {
    at = text.size();
    return 0;
  }
  const bool is_west = text[at] == '-';
  if (!Skip(text, at, is_west ? '-' : '+')) return std::nullopt;
  const auto hours = Digits(text, at, 2);
  Skip(text, at, ':');
  const auto minutes = Digits(text, at, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int seconds = *hours * 3600 + *minutes * 60;
  return is_west ? -seconds : seconds;
}

void AppendPadded(std::string& out, int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

}  // namespace

std::optional<int64_t> ParseDate(std::string_view text) {
  size_t at = 0;
  const auto days = ReadDate(text, at, true);
  return at == text.size() ? days : std::nullopt;
}

std::optional<Int128> ParseTimestamp(std::string_view text) {
  size_t at = 0;
  const auto days = ReadDate(text, at, false);
  if (!days) return std::nullopt;
  Int128 ns = Int128{*days} * kSecondsPerDay * kNsPerSecond;
  if (at == text.size()) return ns;
  if (!Skip(text, at, 'T') && !Skip(text, at, 't') && !Skip(text, at, ' ')) return std::nullopt;
  const auto hour = Digits(text, at, 2);
  if (!Skip(text, at, ':')) return std::nullopt;
  const auto minute = Digits(text, at, 2);
  if (!Skip(text, at, ':')) return std::nullopt;
  const auto second = Digits(text, at, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  ns += Int128{*hour * 3600 + *minute * 60 + *second} * kNsPerSecond;
  if (Skip(text, at, '.')) {
    int64_t unit = 100'000'000;
    const size_t first = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; at++, unit /= 10) ns += (text[at] - '0') * unit;
    if (at == first) return std::nullopt;
  }
  const auto zone = ReadZone(text, at);
  if (!zone || at != text.size()) return std::nullopt;
  return ns - Int128{*zone} * kNsPerSecond;
}

std::string DateText(int64_t days) {
  // Source: as DaysOf, civil_from_days.
  const int64_t shifted = days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  std::string out = year < 0 ? "-" : "";
  AppendPadded(out, year < 0 ? -year : year, 4);
  out += '-';
  AppendPadded(out, month, 2);
  out += '-';
  AppendPadded(out, day_of_year - (153 * month_from_march + 2) / 5 + 1, 2);
  return out;
}

std::string TimestampText(Int128 value, int scale) {
  const Int128 per_second = PowerOf10(scale);
  Int128 seconds = value / per_second, fraction = value % per_second;
  if (fraction < 0) fraction += per_second, seconds--;
  Int128 days = seconds / kSecondsPerDay, rest = seconds % kSecondsPerDay;
  if (rest < 0) rest += kSecondsPerDay, days--;
  std::string out = DateText(static_cast<int64_t>(days)) + "T";
  const auto second = static_cast<int64_t>(rest);
  AppendPadded(out, second / 3600, 2);
  out += ':';
  AppendPadded(out, second / 60 % 60, 2);
  out += ':';
  AppendPadded(out, second % 60, 2);
  if (fraction == 0) return out;
  out += '.';
  // As many digits as the value needs, by threes.
  int digits = scale;
  while (digits > 3 && fraction % 1000 == 0) fraction /= 1000, digits -= 3;
  AppendPadded(out, static_cast<int64_t>(fraction), static_cast<size_t>(digits));
  return out;
}

}  // namespace squire::where
