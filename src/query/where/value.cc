#include "query/where/value.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace squire::where {
namespace {

int DigitsOf(std::string_view unit) { return unit == "s" ? 0 : unit == "ms" ? 3 : unit == "us" ? 6 : 9; }

ValueType IntegerType(int bits, bool is_unsigned) {
  return {Kind::kExact, Meaning::kPlain, static_cast<uint8_t>(bits), is_unsigned, 0};
}

ValueType UnitType(Meaning meaning, std::string_view unit) {
  return {Kind::kExact, meaning, 64, false, static_cast<int8_t>(DigitsOf(unit))};
}

}  // namespace

ValueType TypeOf(const DataType& type) {
  switch (type.id) {
    case TypeId::kNull: return {};
    case TypeId::kBool: return kBoolType;
    case TypeId::kInt8: return IntegerType(8, false);
    case TypeId::kUInt8: return IntegerType(8, true);
    case TypeId::kInt16: return IntegerType(16, false);
    case TypeId::kUInt16: return IntegerType(16, true);
    case TypeId::kInt32: return IntegerType(32, false);
    case TypeId::kUInt32: return IntegerType(32, true);
    case TypeId::kInt64: return IntegerType(64, false);
    case TypeId::kUInt64: return IntegerType(64, true);
    case TypeId::kHalfFloat: return {Kind::kFloat, Meaning::kPlain, 16};
    case TypeId::kFloat: return {Kind::kFloat, Meaning::kPlain, 32};
    case TypeId::kDouble: return kDoubleType;
    case TypeId::kDate32: return kDateType;
    case TypeId::kDate64: return TimestampType(3);
    case TypeId::kTime32:
    case TypeId::kTime64: return UnitType(Meaning::kTime, type.unit);
    case TypeId::kTimestamp: return UnitType(Meaning::kTimestamp, type.unit);
    case TypeId::kDuration: return UnitType(Meaning::kDuration, type.unit);
    case TypeId::kDecimal128:
      if (type.scale < 0 || type.scale > 38) return {Kind::kOpaque};
      return DecimalType(type.scale);
    case TypeId::kString:
    case TypeId::kLargeString: return kStringType;
    case TypeId::kFixedBinary:
    case TypeId::kBinary:
    case TypeId::kLargeBinary: return {Kind::kText, Meaning::kBinary};
    default: return {Kind::kOpaque};
  }
}

std::string NameOf(const ValueType& type) {
  switch (type.meaning) {
    case Meaning::kDecimal: return "a decimal";
    case Meaning::kDate: return "a date";
    case Meaning::kTimestamp: return "a timestamp";
    case Meaning::kTime: return "a time";
    case Meaning::kDuration: return "a duration";
    case Meaning::kBinary: return "binary";
    case Meaning::kPlain: break;
  }
  switch (type.kind) {
    case Kind::kNull: return "null";
    case Kind::kBool: return "a boolean";
    case Kind::kExact: return "an integer";
    case Kind::kFloat: return "a float";
    case Kind::kText: return "a string";
    case Kind::kOpaque: return "of a type that can only be tested for null";
  }
  return "?";
}

Value NullValue() {
  Value value;
  value.is_null = true;
  return value;
}

Value BoolValue(bool truth) {
  Value value;
  value.type = kBoolType;
  value.truth = truth ? kTrue : kFalse;
  return value;
}

Value ExactValue(ValueType type, Int128 exact) {
  Value value;
  value.type = type;
  value.exact = exact;
  return value;
}

Value TextValue(ValueType type, std::string text) {
  Value value;
  value.type = type;
  value.text = std::move(text);
  return value;
}

Int128 PowerOf10(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; i++) power *= 10;
  return power;
}

std::optional<Int128> Rescale(Int128 value, int from, int to) {
  if (from == to) return value;
  if (to < from) return from - to > 38 ? 0 : value / PowerOf10(from - to);
  Int128 scaled = 0;
  if (to - from > 38 || __builtin_mul_overflow(value, PowerOf10(to - from), &scaled)) {
    if (value == 0) return 0;
    return std::nullopt;
  }
  return scaled;
}

int CompareScaled(Int128 a, int a_scale, Int128 b, int b_scale) {
  if (a_scale < b_scale) return -CompareScaled(b, b_scale, a, a_scale);
  const auto scaled = Rescale(b, b_scale, a_scale);
  if (!scaled) return b > 0 ? -1 : 1;  // further from 0 than any number of the finer scale
  return a < *scaled ? -1 : a > *scaled ? 1 : 0;
}

std::optional<Int128> ParseExact(std::string_view digits, int scale) {
  const bool is_negative = !digits.empty() && digits[0] == '-';
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  Int128 value = 0;
  int after_point = -1, count = 0;
  for (const char c : digits) {
    if (c == '.' && after_point < 0) {
      after_point = 0;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))
      return std::nullopt;
    count++;
    if (after_point >= 0) after_point++;
  }
  if (count == 0) return std::nullopt;
  return Rescale(is_negative ? -value : value, std::max(0, after_point), scale);
}

double HalfToDouble(uint16_t half) {
  const int exponent = half >> 10 & 0x1F, mantissa = half & 0x3FF;
  const double sign = half & 0x8000 ? -1 : 1;
  if (exponent == 0x1F)
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(mantissa + 0x400, exponent - 25);
}

double RoundToHalf(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  int exponent = 0;
  std::frexp(value, &exponent);  // value = m * 2^exponent, 0.5 <= m < 1
  const int last_bit = std::max(exponent - 11, -24);
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(value, -last_bit)), last_bit);
  return std::abs(rounded) > 65504 ? std::copysign(std::numeric_limits<double>::infinity(), value) : rounded;
}

uint16_t DoubleToHalf(double value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::abs(RoundToHalf(value));
  if (std::isnan(magnitude)) return 0x7E00;
  if (std::isinf(magnitude)) return sign | 0x7C00;
  if (magnitude < 0x1p-14) return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::ldexp(magnitude, 24)));
  int exponent = 0;
  const double mantissa = std::frexp(magnitude, &exponent);  // 0.5 <= mantissa < 1
  const auto bits = static_cast<uint16_t>(std::ldexp(mantissa, 11)) & 0x3FF;
  return static_cast<uint16_t>(sign | (exponent + 14) << 10 | bits);
}

double RoundTo(double value, int bits) {
  if (bits == 16) return RoundToHalf(value);
  if (bits == 32) return static_cast<double>(static_cast<float>(value));
  return value;
}

double ExactToFloat(Int128 value, int scale, int bits) {
  if (scale == 0 && bits == 32) return static_cast<double>(static_cast<float>(value));
  return RoundTo(static_cast<double>(value) / static_cast<double>(PowerOf10(scale)), bits);
}

Int128 Wrap(Int128 value, const ValueType& type) {
  if (type.bits >= 128 || type.bits == 0) return value;
  const auto mask = (static_cast<unsigned __int128>(1) << type.bits) - 1;
  const auto low = static_cast<unsigned __int128>(value) & mask;
  const bool is_negative = !type.is_unsigned && (low >> (type.bits - 1)) & 1;
  return static_cast<Int128>(is_negative ? low | ~mask : low);
}

bool Fits(Int128 value, const ValueType& type) { return Wrap(value, type) == value; }

std::optional<double> ParseDouble(std::string_view text) {
  const std::string plain(text);
  const char* begin = plain.c_str();
  if (*begin == '+') begin++;
  double value = 0;
  const auto [end, error] = std::from_chars(begin, plain.c_str() + plain.size(), value);
  if (end != plain.c_str() + plain.size() || begin == end) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too large or too small: which, its exponent tells.
    const size_t exponent = plain.find_first_of("eE");
    const bool is_small = exponent != std::string::npos && plain[exponent + 1] == '-';
    const double magnitude = is_small ? 0 : std::numeric_limits<double>::infinity();
    return *begin == '-' ? -magnitude : magnitude;
  }
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::string ToText(Int128 value, int scale) {
  if (value == 0 && scale == 0) return "0";
  const bool is_negative = value < 0;
  auto rest = is_negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string digits;
  for (; rest > 0 || static_cast<int>(digits.size()) <= scale; rest /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  if (scale > 0) digits.insert(digits.end() - scale, '.');
  if (is_negative) digits.insert(digits.begin(), '-');
  return digits;
}

}  // namespace squire::where
