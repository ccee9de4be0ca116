#include "query/where/match.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/bytes.h"

namespace squire::where {
namespace {

constexpr Int128 kInt128Max = static_cast<Int128>(~static_cast<unsigned __int128>(0) >> 1);
constexpr Int128 kNsPerDay = Int128{86'400} * 1'000'000'000;

/// A literal in the units of a column: the greatest whole number of them not above it, and whether it is that.
struct Floor {
  Int128 value = 0;
  bool is_whole = true;
};

Floor FloorOf(Int128 value, Int128 unit) {
  Int128 floor = value / unit;
  if (value % unit < 0) floor--;
  return {floor, value % unit == 0};
}

/// Nanoseconds in one unit of a date or timestamp.
Int128 NsOfUnit(const ValueType& type) {
  return type.meaning == Meaning::kDate ? kNsPerDay : PowerOf10(9 - type.scale);
}

Floor FloorOfNumber(const ValueType& column, const Value& literal) {
  const bool is_exact = literal.type.kind == Kind::kExact || literal.has_exact;
  if (is_exact) {
    const int scale = literal.type.kind == Kind::kExact ? literal.type.scale : literal.exact_scale;
    if (scale > column.scale) return FloorOf(literal.exact, PowerOf10(scale - column.scale));
    const auto scaled = Rescale(literal.exact, scale, column.scale);
    if (scaled) return {*scaled, true};
    return {literal.exact > 0 ? kInt128Max : -kInt128Max, false};
  }
  const double scaled = literal.number * static_cast<double>(PowerOf10(column.scale));
  if (!(std::abs(scaled) < 1e38)) return {literal.number < 0 ? -kInt128Max : kInt128Max, false};  // NaN is above all
  return {static_cast<Int128>(std::floor(scaled)), std::floor(scaled) == scaled};
}

Match OfFloor(CompareOp op, const Floor& floor) {
  Match match;
  match.form = Match::Form::kExact;
  match.op = op;
  match.exact = floor.value;
  if (floor.is_whole) return match;
  switch (op) {
    case CompareOp::kEqual: match.form = Match::Form::kNever; break;
    case CompareOp::kNotEqual: match.form = Match::Form::kAlways; break;
    case CompareOp::kLess:
    case CompareOp::kLessEqual: match.op = CompareOp::kLessEqual; break;
    case CompareOp::kGreater:
    case CompareOp::kGreaterEqual: match.op = CompareOp::kGreater; break;
  }
  return match;
}

/// A match with a value beyond the column's range is true or false of every row.
Match WithinRange(Match match, Int128 least, Int128 greatest) {
  if (match.form != Match::Form::kExact || (match.exact >= least && match.exact <= greatest)) return match;
  const bool is_above = match.exact > greatest;
  bool holds = false;
  switch (match.op) {
    case CompareOp::kEqual: break;
    case CompareOp::kNotEqual: holds = true; break;
    case CompareOp::kLess:
    case CompareOp::kLessEqual: holds = is_above; break;
    case CompareOp::kGreater:
    case CompareOp::kGreaterEqual: holds = !is_above; break;
  }
  match.form = holds ? Match::Form::kAlways : Match::Form::kNever;
  return match;
}

Match WithinType(Match match, const ValueType& column) {
  if (column.meaning == Meaning::kDecimal) return match;
  const int bits = column.meaning == Meaning::kDate ? 32 : column.bits;
  if (column.is_unsigned) return WithinRange(std::move(match), 0, (Int128{1} << bits) - 1);
  return WithinRange(std::move(match), -(Int128{1} << (bits - 1)), (Int128{1} << (bits - 1)) - 1);
}

Error Mismatch(const ValueType& column, const Value& literal) {
  std::string hint;
  if (column.is_string()) hint = "; write it in quotes";
  if (column.is_number() && literal.type.kind == Kind::kText) hint = "; write it without quotes";
  if (column.is_moment() && literal.type.is_number())
    hint = "; write date '2024-01-31' or timestamp '2024-01-31 12:00:00'";
  if (column.meaning == Meaning::kBinary) hint = "; write x'6162'";
  return InvalidArgument("the column is " + NameOf(column) + ", the value " + NameOf(literal.type) + hint);
}

Result<Match> FitMoment(const ValueType& column, CompareOp op, const Value& literal) {
  Int128 ns = 0;
  bool is_date = literal.type.meaning == Meaning::kDate;
  if (literal.type.is_string()) {
    const auto days = ParseDate(literal.text);
    const auto parsed = days ? std::optional<Int128>(*days * kNsPerDay) : ParseTimestamp(literal.text);
    if (!parsed)
      return InvalidArgument("'" + literal.text.substr(0, 40) +
                             "' is no date or timestamp; write 2024-01-31 or "
                             "2024-01-31 12:00:00");
    ns = *parsed;
    is_date = days.has_value();
  } else if (literal.type.is_moment()) {
    ns = literal.exact * NsOfUnit(literal.type);
  } else {
    return Mismatch(column, literal);
  }
  Floor floor = FloorOf(ns, NsOfUnit(column));
  if (column.meaning == Meaning::kTimestamp && !is_date) floor = {ns / NsOfUnit(column), true};
  return WithinType(OfFloor(op, floor), column);
}

/// Truth of "row op value" of a row that is less, equal or greater.
template <class Compare>
Truth TruthOf(CompareOp op, Compare compare) {
  switch (op) {
    case CompareOp::kEqual: return compare == 0 ? kTrue : kFalse;
    case CompareOp::kNotEqual: return compare != 0 ? kTrue : kFalse;
    case CompareOp::kLess: return compare < 0 ? kTrue : kFalse;
    case CompareOp::kLessEqual: return compare <= 0 ? kTrue : kFalse;
    case CompareOp::kGreater: return compare > 0 ? kTrue : kFalse;
    case CompareOp::kGreaterEqual: return compare >= 0 ? kTrue : kFalse;
  }
  return kUnknown;
}

template <class T, class V>
void MatchValues(CompareOp op, std::span<const T> values, V value, std::span<uint8_t> truth) {
  const auto run = [&](auto holds) {
    for (size_t i = 0; i < values.size(); i++) truth[i] = holds(values[i]) ? kTrue : kFalse;
  };
  // Written so that NaN, which no value equals or exceeds, stands above all: it passes !=, > and >=.
  switch (op) {
    case CompareOp::kEqual: return run([=](T row) { return row == value; });
    case CompareOp::kNotEqual: return run([=](T row) { return !(row == value); });
    case CompareOp::kLess: return run([=](T row) { return row < value; });
    case CompareOp::kLessEqual: return run([=](T row) { return row <= value; });
    case CompareOp::kGreater: return run([=](T row) { return !(row <= value); });
    case CompareOp::kGreaterEqual: return run([=](T row) { return !(row < value); });
  }
}

template <class T>
void MatchIntegers(const Match& match, const Array& column, std::span<uint8_t> truth) {
  MatchValues<T, T>(match.op, column.values<T>(), static_cast<T>(match.exact), truth);
}

double FloatAt(const Array& column, size_t row) {
  if (column.type.id == TypeId::kHalfFloat) return HalfToDouble(column.values<uint16_t>()[row]);
  if (column.type.id == TypeId::kFloat) return column.values<float>()[row];
  return column.values<double>()[row];
}

void MatchHalves(const Match& match, const Array& column, std::span<uint8_t> truth) {
  const auto halves = column.values<uint16_t>();
  std::vector<double> values(halves.size());
  for (size_t i = 0; i < values.size(); i++) values[i] = HalfToDouble(halves[i]);
  MatchValues<double, double>(match.op, values, match.number, truth);
}

void MatchDecimals(const Match& match, const Array& column, std::span<uint8_t> truth) {
  const uint8_t* bytes = column.buffers[0].data() + 16 * column.offset;
  for (size_t i = 0; i < truth.size(); i++) {
    const auto value = Load<Int128>(bytes + 16 * i);
    truth[i] = TruthOf(match.op, value < match.exact ? -1 : value > match.exact);
  }
}

/// Against NaN, which equals itself and stands above all.
void MatchNaN(const Match& match, const Array& column, std::span<uint8_t> truth) {
  for (size_t i = 0; i < truth.size(); i++) truth[i] = TruthOf(match.op, std::isnan(FloatAt(column, i)) ? 0 : -1);
}

void MatchTexts(const Match& match, const Array& column, std::span<uint8_t> truth) {
  const std::string_view wanted = match.text;
  for (size_t i = 0; i < truth.size(); i++) {
    const std::string_view text = TextKey(column, static_cast<int64_t>(i));
    const bool is_equality = match.op == CompareOp::kEqual || match.op == CompareOp::kNotEqual;
    truth[i] = TruthOf(match.op, is_equality ? static_cast<int>(text != wanted) : text.compare(wanted));
  }
}

void MatchByType(const Match& match, const Array& column, std::span<uint8_t> truth) {
  if (match.form == Match::Form::kFloat && std::isnan(match.number)) return MatchNaN(match, column, truth);
  switch (column.type.id) {
    case TypeId::kBool:
      for (size_t i = 0; i < truth.size(); i++)
        truth[i] = TruthOf(match.op, int{column.Bit(static_cast<int64_t>(i))} - int{match.flag});
      break;
    case TypeId::kInt8: MatchIntegers<int8_t>(match, column, truth); break;
    case TypeId::kUInt8: MatchIntegers<uint8_t>(match, column, truth); break;
    case TypeId::kInt16: MatchIntegers<int16_t>(match, column, truth); break;
    case TypeId::kUInt16: MatchIntegers<uint16_t>(match, column, truth); break;
    case TypeId::kInt32:
    case TypeId::kDate32: MatchIntegers<int32_t>(match, column, truth); break;
    case TypeId::kUInt32: MatchIntegers<uint32_t>(match, column, truth); break;
    case TypeId::kInt64:
    case TypeId::kDate64:
    case TypeId::kTimestamp: MatchIntegers<int64_t>(match, column, truth); break;
    case TypeId::kUInt64: MatchIntegers<uint64_t>(match, column, truth); break;
    case TypeId::kHalfFloat: MatchHalves(match, column, truth); break;
    case TypeId::kFloat:
      MatchValues<float, float>(match.op, column.values<float>(), static_cast<float>(match.number), truth);
      break;
    case TypeId::kDouble: MatchValues<double, double>(match.op, column.values<double>(), match.number, truth); break;
    case TypeId::kDecimal128: MatchDecimals(match, column, truth); break;
    default: MatchTexts(match, column, truth);
  }
}

uint64_t FloatKey(double value) {
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  return std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
}

}  // namespace

Result<Match> FitMatch(const ValueType& column, CompareOp op, const Value& literal) {
  Match match;
  match.op = op;
  if (column.kind == Kind::kOpaque || column.meaning == Meaning::kTime || column.meaning == Meaning::kDuration)
    return InvalidArgument("the column is " + NameOf(column) + " and can be compared with no value");
  if (column.is_moment()) return FitMoment(column, op, literal);
  if (column.kind == Kind::kBool && literal.type.kind == Kind::kBool) {
    match.form = Match::Form::kBool;
    match.flag = literal.truth == kTrue;
    return match;
  }
  if (column.is_number() && literal.type.is_number()) {
    if (column.kind == Kind::kExact) return WithinType(OfFloor(op, FloorOfNumber(column, literal)), column);
    match.form = Match::Form::kFloat;
    match.number = literal.type.kind == Kind::kExact ? ExactToFloat(literal.exact, literal.type.scale, column.bits)
                                                     : RoundTo(literal.number, column.bits);
    return match;
  }
  if (column.kind == Kind::kText && literal.type == column) {
    match.form = Match::Form::kText;
    match.text = literal.text;
    return match;
  }
  return Mismatch(column, literal);
}

void MatchRows(const Match& match, const Array& column, std::span<uint8_t> truth) {
  if (match.form == Match::Form::kAlways || match.form == Match::Form::kNever)
    std::ranges::fill(truth, match.form == Match::Form::kAlways ? kTrue : kFalse);
  else
    MatchByType(match, column, truth);
  if (column.validity.empty()) return;
  for (size_t i = 0; i < truth.size(); i++) {
    if (!column.IsValid(static_cast<int64_t>(i))) truth[i] = kUnknown;
  }
}

Truth MatchRow(const Match& match, const Array& column, int64_t row) {
  uint8_t truth = kUnknown;
  MatchRows(match, column.Slice(row, 1), {&truth, 1});
  return static_cast<Truth>(truth);
}

bool HasWordKeys(const ValueType& column) { return column.kind != Kind::kText && column.meaning != Meaning::kDecimal; }

uint64_t WordKey(const Array& column, int64_t row) {
  const auto i = static_cast<size_t>(row);
  switch (column.type.id) {
    case TypeId::kBool: return column.Bit(row);
    case TypeId::kInt8: return static_cast<uint64_t>(int64_t{column.values<int8_t>()[i]});
    case TypeId::kUInt8: return column.values<uint8_t>()[i];
    case TypeId::kInt16: return static_cast<uint64_t>(int64_t{column.values<int16_t>()[i]});
    case TypeId::kUInt16: return column.values<uint16_t>()[i];
    case TypeId::kInt32:
    case TypeId::kDate32: return static_cast<uint64_t>(int64_t{column.values<int32_t>()[i]});
    case TypeId::kUInt32: return column.values<uint32_t>()[i];
    case TypeId::kHalfFloat:
    case TypeId::kFloat:
    case TypeId::kDouble: return FloatKey(FloatAt(column, i));
    default: return column.values<uint64_t>()[i];
  }
}

std::string_view TextKey(const Array& column, int64_t row) {
  const TypeId id = column.type.id;
  if (id != TypeId::kDecimal128 && id != TypeId::kFixedBinary) return column.Text(row);
  const auto width = static_cast<size_t>(id == TypeId::kDecimal128 ? 16 : column.type.width);
  return AsText({column.buffers[0].data() + static_cast<size_t>(column.offset + row) * width, width});
}

uint64_t WordKey(const Match& equality) {
  switch (equality.form) {
    case Match::Form::kBool: return equality.flag;
    case Match::Form::kFloat: return FloatKey(equality.number);
    default: return static_cast<uint64_t>(equality.exact);
  }
}

std::string_view TextKey(const Match& equality) {
  if (equality.form == Match::Form::kText) return equality.text;
  return {reinterpret_cast<const char*>(&equality.exact), sizeof(Int128)};
}

}  // namespace squire::where
