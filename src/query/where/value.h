#pragma once

/// The types and single values that a filter computes with. Every whole number, decimal, date and time is an exact
/// 128-bit integer with a scale, every float a double rounded to its own width, every string or binary its bytes. Plain
/// data.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "squire/schema.h"

namespace squire::where {

using Int128 = __int128;

enum class Kind : uint8_t { kNull, kBool, kExact, kFloat, kText, kOpaque };

/// What an exact value or bytes stand for.
enum class Meaning : uint8_t { kPlain, kDecimal, kDate, kTimestamp, kTime, kDuration, kBinary };

struct ValueType {
  Kind kind = Kind::kNull;
  Meaning meaning = Meaning::kPlain;
  uint8_t bits = 0;  ///< of an integer or float
  bool is_unsigned = false;
  int8_t scale = 0;  ///< decimal digits after the point: of a decimal, of a second of a time

  friend bool operator==(const ValueType&, const ValueType&) = default;
  [[nodiscard]] bool is_number() const {
    return kind == Kind::kFloat ||
           (kind == Kind::kExact && (meaning == Meaning::kPlain || meaning == Meaning::kDecimal));
  }
  [[nodiscard]] bool is_integer() const { return kind == Kind::kExact && meaning == Meaning::kPlain; }
  [[nodiscard]] bool is_moment() const { return meaning == Meaning::kDate || meaning == Meaning::kTimestamp; }
  [[nodiscard]] bool is_string() const { return kind == Kind::kText && meaning == Meaning::kPlain; }
};

inline constexpr ValueType kBoolType{Kind::kBool};
inline constexpr ValueType kInt64Type{Kind::kExact, Meaning::kPlain, 64};
inline constexpr ValueType kDoubleType{Kind::kFloat, Meaning::kPlain, 64};
inline constexpr ValueType kStringType{Kind::kText};
inline constexpr ValueType kDateType{Kind::kExact, Meaning::kDate};
constexpr ValueType DecimalType(int scale) {
  return {Kind::kExact, Meaning::kDecimal, 128, false, static_cast<int8_t>(scale)};
}
constexpr ValueType TimestampType(int scale) {
  return {Kind::kExact, Meaning::kTimestamp, 64, false, static_cast<int8_t>(scale)};
}

/// What values of a column are to a filter; kOpaque for those that it can only ask whether they are null.
ValueType TypeOf(const DataType& type);
/// "an integer", "a string", for messages.
std::string NameOf(const ValueType& type);

/// False, unknown, true: AND is the least, OR the greatest, NOT the distance from true.
enum Truth : uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

struct Value {
  ValueType type;
  bool is_null = false;
  Truth truth = Truth::kUnknown;
  bool has_exact = false;  ///< of a float that was written: `exact` with `exact_scale` is what was written
  int8_t exact_scale = 0;
  Int128 exact = 0;
  double number = 0;
  std::string text;
};

Value NullValue();
Value BoolValue(bool value);
Value ExactValue(ValueType type, Int128 exact);
Value TextValue(ValueType type, std::string text);

/// 10 to the `exponent`. REQUIRES: 0 <= exponent <= 38.
Int128 PowerOf10(int exponent);
/// `a` of scale `a_scale` against `b` of scale `b_scale`: negative, 0 or positive. Never overflows.
int CompareScaled(Int128 a, int a_scale, Int128 b, int b_scale);
/// `value` brought from one scale to another, cut off towards zero; nothing when it does not fit.
std::optional<Int128> Rescale(Int128 value, int from, int to);
std::optional<Int128> ParseExact(std::string_view digits, int scale);

/// The bits of one half-precision value and back; rounded to the nearest even, infinity beyond 65504.
double HalfToDouble(uint16_t half);
double RoundToHalf(double value);
uint16_t DoubleToHalf(double value);
/// `value` rounded to a float type of `bits`.
double RoundTo(double value, int bits);
/// `value` as a float of `bits`, rounded once.
double ExactToFloat(Int128 value, int scale, int bits);
/// `value` wrapped to an integer type, as two's complement has it.
Int128 Wrap(Int128 value, const ValueType& type);
bool Fits(Int128 value, const ValueType& type);

/// Days since 1970-01-01 of "2024-01-31" or "20240131".
std::optional<int64_t> ParseDate(std::string_view text);
/// Nanoseconds since 1970-01-01 UTC of "2024-01-31[(T| )12:00:00[.123456789]][Z|+01:00| UTC]".
std::optional<Int128> ParseTimestamp(std::string_view text);
/// A number as written in decimals, with or without exponent; `-` may come first.
std::optional<double> ParseDouble(std::string_view text);

std::string ToText(Int128 value, int scale);
std::string DateText(int64_t days);
std::string TimestampText(Int128 value, int scale);

}  // namespace squire::where
