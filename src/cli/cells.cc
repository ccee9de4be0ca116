#include "cli/cells.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"

namespace squire::cli {
namespace {

constexpr int kDepthMax = 32;      // of nested types; deeper ones show as null
constexpr int64_t kTextItems = 4;  // of a list, for people

float HalfToFloat(uint16_t half) {
  const uint32_t exponent = (half >> 10) & 0x1F, mantissa = half & 0x3FF;
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 0x1F) return mantissa == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(mantissa + 0x400), static_cast<int>(exponent) - 25);
}

template <class T>
void AppendFloat(T value, std::string& out) {
  if (std::isfinite(value))
    fmt::format_to(std::back_inserter(out), "{}", value);
  else
    out += "null";
}

std::string Base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; k++)
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; k++) out += i + k > bytes.size() ? '=' : kDigits[(group >> (18 - 6 * k)) & 63];
  }
  return out;
}

/// "2026-11-21" of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
std::string DateText(int64_t days) {
  const int64_t shifted = days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return fmt::format("{:04}-{:02}-{:02}", year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day);
}

std::string TimestampText(int64_t value, std::string_view unit, bool zoned) {
  const int digits = unit == "s" ? 0 : unit == "ms" ? 3 : unit == "us" ? 6 : 9;
  int64_t per_second = 1;
  for (int i = 0; i < digits; i++) per_second *= 10;
  int64_t seconds = value / per_second, fraction = value % per_second;
  if (fraction < 0) fraction += per_second, seconds--;
  int64_t days = seconds / 86'400, rest = seconds % 86'400;
  if (rest < 0) rest += 86'400, days--;
  std::string text = DateText(days) + fmt::format("T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
  if (digits > 0) text += fmt::format(".{:0{}}", fraction, digits);
  return zoned ? text + "Z" : text;
}

/// Decimal digits of the two's complement number in `words` (least significant first), with `scale` after the point.
std::string DecimalText(std::vector<uint32_t> words, int32_t scale) {
  const bool negative = !words.empty() && (words.back() & 0x8000'0000u) != 0;
  if (negative) {
    uint64_t carry = 1;
    for (uint32_t& word : words) carry += ~word, word = static_cast<uint32_t>(carry), carry >>= 32;
  }
  std::string digits;
  while (!words.empty()) {
    uint64_t remainder = 0;
    for (size_t i = words.size(); i-- > 0;) {
      remainder = remainder << 32 | words[i];
      words[i] = static_cast<uint32_t>(remainder / 10);
      remainder %= 10;
    }
    digits.insert(digits.begin(), static_cast<char>('0' + remainder));
    while (!words.empty() && words.back() == 0) words.pop_back();
  }
  const size_t after_point = static_cast<size_t>(std::clamp(scale, 0, 100));
  if (digits.size() <= after_point) digits.insert(0, after_point + 1 - digits.size(), '0');
  if (after_point > 0) digits.insert(digits.size() - after_point, ".");
  return (negative ? "-" : "") + digits;
}

std::string Decimal(const Array& column, int64_t row, size_t bytes) {
  std::vector<uint32_t> words(bytes / 4);
  std::memcpy(words.data(), column.buffers[0].data() + static_cast<size_t>(column.offset + row) * bytes, bytes);
  return DecimalText(std::move(words), column.type.scale);
}

template <class T>
T At(const Array& column, int64_t row) {
  return column.values<T>()[static_cast<size_t>(row)];
}

struct Items {
  int64_t from = 0, count = 0;
};

Items ItemsOf(const Array& column, int64_t row) {
  const int64_t at = column.offset + row;
  if (column.type.id == TypeId::kFixedSizeList) return {at * column.type.width, column.type.width};
  if (column.type.id == TypeId::kList) {
    const auto* offsets = reinterpret_cast<const int32_t*>(column.buffers[0].data()) + at;
    return {offsets[0], offsets[1] - offsets[0]};
  }
  const auto* offsets = reinterpret_cast<const int64_t*>(column.buffers[0].data()) + at;
  return {offsets[0], offsets[1] - offsets[0]};
}

/// What stands for itself: no list, no struct.
void AppendScalar(const Array& column, int64_t row, std::string& out) {
  const DataType& type = column.type;
  const auto number = [&](auto value) { fmt::format_to(std::back_inserter(out), "{}", value); };
  const auto quoted = [&](const std::string& text) { AppendJsonString(text, out); };
  switch (type.id) {
    case TypeId::kBool: out += column.Bit(row) ? "true" : "false"; return;
    case TypeId::kInt8: return number(static_cast<int>(At<int8_t>(column, row)));
    case TypeId::kUInt8: return number(static_cast<int>(At<uint8_t>(column, row)));
    case TypeId::kInt16: return number(At<int16_t>(column, row));
    case TypeId::kUInt16: return number(At<uint16_t>(column, row));
    case TypeId::kInt32:
    case TypeId::kTime32: return number(At<int32_t>(column, row));
    case TypeId::kUInt32: return number(At<uint32_t>(column, row));
    case TypeId::kInt64:
    case TypeId::kTime64:
    case TypeId::kDuration: return number(At<int64_t>(column, row));
    case TypeId::kUInt64: return number(At<uint64_t>(column, row));
    case TypeId::kHalfFloat: return AppendFloat(HalfToFloat(At<uint16_t>(column, row)), out);
    case TypeId::kFloat: return AppendFloat(At<float>(column, row), out);
    case TypeId::kDouble: return AppendFloat(At<double>(column, row), out);
    case TypeId::kDate32: return quoted(DateText(At<int32_t>(column, row)));
    case TypeId::kDate64: return quoted(TimestampText(At<int64_t>(column, row), "ms", false));
    case TypeId::kTimestamp: return quoted(TimestampText(At<int64_t>(column, row), type.unit, !type.zone.empty()));
    case TypeId::kDecimal128: return quoted(Decimal(column, row, 16));
    case TypeId::kDecimal256: return quoted(Decimal(column, row, 32));
    case TypeId::kString:
    case TypeId::kLargeString: return AppendJsonString(column.Text(row), out);
    case TypeId::kBinary:
    case TypeId::kLargeBinary: return quoted(Base64(column.Text(row)));
    case TypeId::kFixedBinary: {
      const auto width = static_cast<size_t>(type.width);
      const auto* bytes =
          reinterpret_cast<const char*>(column.buffers[0].data()) + static_cast<size_t>(column.offset + row) * width;
      return quoted(Base64({bytes, width}));
    }
    default: out += "null";
  }
}

void AppendCell(const Array& column, int64_t row, int64_t items_max, int depth, std::string& out) {
  const TypeId id = column.type.id;
  if (!column.IsValid(row) || depth > kDepthMax) {
    out += "null";
  } else if (id == TypeId::kStruct) {
    out += '{';
    for (size_t i = 0; i < column.children.size(); i++) {
      if (i > 0) out += ',';
      AppendJsonString(column.type.children[i].name, out);
      out += ':';
      AppendCell(column.children[i], row, items_max, depth + 1, out);
    }
    out += '}';
  } else if (id == TypeId::kFixedSizeList || id == TypeId::kList || id == TypeId::kLargeList) {
    const Items items = ItemsOf(column, row);
    out += '[';
    for (int64_t i = 0; i < std::min(items.count, items_max); i++) {
      if (i > 0) out += ',';
      AppendCell(column.children[0], items.from + i, items_max, depth + 1, out);
    }
    if (items.count > items_max) fmt::format_to(std::back_inserter(out), ",... {} in all", items.count);
    out += ']';
  } else {
    AppendScalar(column, row, out);
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void AppendJsonCell(const Array& column, int64_t row, std::string& out) {
  AppendCell(column, row, std::numeric_limits<int64_t>::max(), 0, out);
}

void AppendTextCell(const Array& column, int64_t row, std::string& out) {
  const TypeId id = column.type.id;
  if ((id == TypeId::kString || id == TypeId::kLargeString) && column.IsValid(row)) {
    std::string text = Printable(column.Text(row));
    for (size_t at = 0; (at = text.find('\t', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\t");
    out += text;
    return;
  }
  std::string json;
  AppendCell(column, row, kTextItems, 0, json);
  out += Printable(json);
}

}  // namespace squire::cli
