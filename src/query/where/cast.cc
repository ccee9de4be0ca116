// CAST and TRY_CAST of a lane.

#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "query/where/compute.h"
#include "query/where/lexer.h"

namespace squire::where {
namespace {

constexpr Int128 kNsPerDay = Int128{86'400} * 1'000'000'000;

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<Int128> ExactOfFloat(double value, const ValueType& to) {
  const double scaled = value * static_cast<double>(PowerOf10(to.scale));
  if (!(std::abs(scaled) < 1e38)) return std::nullopt;
  return static_cast<Int128>(to.meaning == Meaning::kDecimal ? std::round(scaled) : std::trunc(scaled));
}

std::optional<Int128> ExactOfText(std::string_view text, const ValueType& to) {
  if (to.meaning == Meaning::kDate) {
    if (const auto days = ParseDate(text)) return *days;
    const auto ns = ParseTimestamp(text);
    if (!ns) return std::nullopt;
    return *ns / kNsPerDay - (*ns % kNsPerDay < 0);
  }
  if (to.meaning == Meaning::kTimestamp) {
    const auto ns = ParseTimestamp(text);
    if (!ns) return std::nullopt;
    return *ns / PowerOf10(9 - to.scale);
  }
  if (to.is_integer() && text.find('.') != std::string_view::npos) return std::nullopt;
  return ParseExact(text, to.scale);
}

std::optional<Int128> ExactOf(const Lane& lane, size_t at, const ValueType& to) {
  const ValueType& from = lane.type;
  if (from.kind == Kind::kBool) return Rescale(lane.truth[at] == kTrue, 0, to.scale);
  if (from.kind == Kind::kFloat) return ExactOfFloat(lane.number[at], to);
  if (from.kind == Kind::kText) return ExactOfText(lane.text[at], to);
  const Int128 value = lane.exact[at];
  if (!from.is_moment()) return Rescale(value, from.scale, to.scale);
  if (to.is_integer()) return value;
  const Int128 ns = value * (from.meaning == Meaning::kDate ? kNsPerDay : PowerOf10(9 - from.scale));
  if (to.meaning == Meaning::kTimestamp) return ns / PowerOf10(9 - to.scale);
  return ns / kNsPerDay - (ns % kNsPerDay < 0);
}

std::optional<uint8_t> BoolOf(const Lane& lane, size_t at) {
  if (lane.type.kind == Kind::kBool) return lane.truth[at];
  if (lane.type.kind == Kind::kExact) return lane.exact[at] != 0 ? kTrue : kFalse;
  if (lane.type.kind == Kind::kFloat) return lane.number[at] != 0 ? kTrue : kFalse;
  for (const std::string_view word : {"true", "t", "yes", "y", "on", "1"}) {
    if (IsWord(Trimmed(lane.text[at]), word)) return kTrue;
  }
  for (const std::string_view word : {"false", "f", "no", "n", "off", "0"}) {
    if (IsWord(Trimmed(lane.text[at]), word)) return kFalse;
  }
  return std::nullopt;
}

std::optional<double> FloatOf(const Lane& lane, size_t at, int bits) {
  if (lane.type.kind == Kind::kBool) return lane.truth[at] == kTrue ? 1 : 0;
  if (lane.type.kind == Kind::kFloat) return RoundTo(lane.number[at], bits);
  if (lane.type.kind == Kind::kExact) return ExactToFloat(lane.exact[at], lane.type.scale, bits);
  if (const auto number = ParseDouble(Trimmed(lane.text[at]))) return RoundTo(*number, bits);
  return std::nullopt;
}

/// Casts one entry; false when it has no value in the type.
bool CastEntry(const Lane& in, size_t at, const ValueType& to, Lane& out) {
  if (to.kind == Kind::kBool) {
    const auto truth = BoolOf(in, at);
    if (truth) out.truth[at] = *truth;
    return truth.has_value();
  }
  if (to.kind == Kind::kFloat) {
    const auto number = FloatOf(in, at, to.bits);
    if (number) out.number[at] = *number;
    out.valid[at] = number.has_value();
    return number.has_value();
  }
  const auto exact = ExactOf(in, at, to);
  const int bits = to.meaning == Meaning::kDate ? 32 : to.bits;
  const ValueType range{Kind::kExact, Meaning::kPlain, static_cast<uint8_t>(bits), to.is_unsigned};
  if (!exact || !Fits(*exact, range)) return false;
  out.exact[at] = *exact;
  out.valid[at] = 1;
  return true;
}

Error CannotCast(const Lane& in, size_t at, const ValueType& to) {
  std::string shown;
  AppendText(in, at, shown);
  return InvalidArgument("CAST: '" + shown.substr(0, 40) + "' is not " + NameOf(to) +
                         " of that size; TRY_CAST makes such values null");
}

}  // namespace

void AppendText(const Lane& lane, size_t row, std::string& out) {
  const size_t at = lane.At(row);
  switch (lane.type.kind) {
    case Kind::kText: out += lane.text[at]; return;
    case Kind::kBool: out += lane.truth[at] == kTrue ? "true" : "false"; return;
    case Kind::kFloat: {
      // As the shortest digits that read back, with a point: 1.5, 2.0, 1e300.
      char digits[40];
      const double value = lane.number[at];
      if (std::isnan(value)) {
        out += "NaN";
      } else if (std::isinf(value)) {
        out += value > 0 ? "inf" : "-inf";
      } else {
        const auto end = lane.type.bits == 64 ? std::to_chars(digits, digits + 40, value).ptr
                                              : std::to_chars(digits, digits + 40, static_cast<float>(value)).ptr;
        const std::string_view text(digits, static_cast<size_t>(end - digits));
        out += text;
        if (text.find_first_of(".en") == std::string_view::npos) out += ".0";
      }
      return;
    }
    case Kind::kExact:
      if (lane.type.meaning == Meaning::kDate)
        out += DateText(static_cast<int64_t>(lane.exact[at]));
      else if (lane.type.meaning == Meaning::kTimestamp)
        out += TimestampText(lane.exact[at], lane.type.scale);
      else
        out += ToText(lane.exact[at], lane.type.scale);
      return;
    case Kind::kNull:
    case Kind::kOpaque: return;
  }
}

Result<Lane> CastLane(const Expr& expr, const Lane& a, size_t rows) {
  if (a.type == expr.type) return a;
  Lane out = EmptyLane(expr.type, rows, a.is_constant);
  if (expr.type.kind == Kind::kText) {
    TextRows texts(out);
    for (size_t row = 0; row < out.valid.size(); row++) {
      if (!a.IsValid(row)) {
        texts.SetNull(row);
        continue;
      }
      AppendText(a, row, texts.bytes());
      texts.Set(row);
    }
    texts.Finish();
    return out;
  }
  const size_t entries = expr.type.kind == Kind::kBool ? out.truth.size() : out.valid.size();
  for (size_t at = 0; at < entries; at++) {
    if (!a.IsValid(at) || CastEntry(a, at, expr.type, out) || (expr.flags & kTry)) continue;
    return CannotCast(a, at, expr.type);
  }
  return out;
}

}  // namespace squire::where
