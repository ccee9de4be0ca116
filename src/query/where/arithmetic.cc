// Arithmetic on lanes. Integers wrap at their width; what has no value - a division by zero, a decimal beyond 128 bits
// - is null.

#include <cmath>

#include "query/where/compute.h"

namespace squire::where {
namespace {

std::optional<Int128> ExactOf(ArithmeticOp op, Int128 a, Int128 b) {
  Int128 result = 0;
  switch (op) {
    case ArithmeticOp::kAdd: return __builtin_add_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case ArithmeticOp::kSubtract: return __builtin_sub_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case ArithmeticOp::kMultiply: return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case ArithmeticOp::kDivide:
    case ArithmeticOp::kModulo:
      if (b == 0) return std::nullopt;
      if (b == -1) return op == ArithmeticOp::kModulo ? 0 : ExactOf(ArithmeticOp::kSubtract, 0, a);
      return op == ArithmeticOp::kDivide ? a / b : a % b;
  }
  return std::nullopt;
}

/// Integers, to be wrapped: a product of two of 64 bits may pass 128.
std::optional<Int128> IntegerOf(ArithmeticOp op, Int128 a, Int128 b) {
  if (op != ArithmeticOp::kMultiply) return ExactOf(op, a, b);
  return static_cast<Int128>(static_cast<unsigned __int128>(a) * static_cast<unsigned __int128>(b));
}

/// Decimals: both sides at the scale that the operation wants.
std::optional<Int128> DecimalOf(const Expr& expr, const ValueType& a_type, Int128 a, const ValueType& b_type,
                                Int128 b) {
  const auto op = static_cast<ArithmeticOp>(expr.op);
  if (op == ArithmeticOp::kMultiply) return ExactOf(op, a, b);
  const bool divides = op == ArithmeticOp::kDivide;
  const auto left = Rescale(a, a_type.scale, divides ? expr.type.scale + b_type.scale : expr.type.scale);
  const auto right = divides ? std::optional(b) : Rescale(b, b_type.scale, expr.type.scale);
  if (!left || !right) return std::nullopt;
  return ExactOf(op, *left, *right);
}

double FloatOf(ArithmeticOp op, double a, double b) {
  switch (op) {
    case ArithmeticOp::kAdd: return a + b;
    case ArithmeticOp::kSubtract: return a - b;
    case ArithmeticOp::kMultiply: return a * b;
    case ArithmeticOp::kDivide: return a / b;
    case ArithmeticOp::kModulo: return std::fmod(a, b);
  }
  return 0;
}

double FloatAt(const Lane& lane, size_t at, int bits) {
  return lane.type.kind == Kind::kFloat ? lane.number[at] : ExactToFloat(lane.exact[at], lane.type.scale, bits);
}

void SetExact(Lane& out, size_t row, std::optional<Int128> value) {
  if (!value) return;
  out.valid[row] = 1;
  out.exact[row] = out.type.meaning == Meaning::kDecimal ? *value : Wrap(*value, out.type);
}

}  // namespace

Lane ArithmeticLanes(const Expr& expr, const Lane& a, const Lane& b, size_t rows) {
  Lane out = EmptyLane(expr.type, rows, a.is_constant && b.is_constant);
  const auto op = static_cast<ArithmeticOp>(expr.op);
  const bool is_decimal = expr.type.meaning == Meaning::kDecimal;
  for (size_t row = 0; row < out.valid.size(); row++) {
    if (!a.IsValid(row) || !b.IsValid(row)) continue;
    const size_t i = a.At(row), j = b.At(row);
    if (expr.type.kind == Kind::kFloat) {
      out.valid[row] = 1;
      const int bits = expr.type.bits;
      out.number[row] = RoundTo(FloatOf(op, FloatAt(a, i, bits), FloatAt(b, j, bits)), bits);
    } else if (is_decimal) {
      SetExact(out, row, DecimalOf(expr, a.type, a.exact[i], b.type, b.exact[j]));
    } else {
      SetExact(out, row, IntegerOf(op, a.exact[i], b.exact[j]));
    }
  }
  return out;
}

Lane NegateLane(const Expr& expr, const Lane& a, size_t rows) {
  Lane out = EmptyLane(expr.type, rows, a.is_constant);
  for (size_t row = 0; row < out.valid.size(); row++) {
    if (!a.IsValid(row)) continue;
    if (expr.type.kind == Kind::kFloat) {
      out.valid[row] = 1;
      out.number[row] = -a.number[row];
    } else {
      SetExact(out, row, ExactOf(ArithmeticOp::kSubtract, 0, a.exact[row]));
    }
  }
  return out;
}

Lane AbsLane(const Expr& expr, const Lane& a, size_t rows) {
  Lane out = EmptyLane(expr.type, rows, a.is_constant);
  for (size_t row = 0; row < out.valid.size(); row++) {
    if (!a.IsValid(row)) continue;
    if (expr.type.kind == Kind::kFloat) {
      out.valid[row] = 1;
      out.number[row] = std::abs(a.number[row]);
    } else {
      SetExact(out, row, a.exact[row] < 0 ? ExactOf(ArithmeticOp::kSubtract, 0, a.exact[row]) : a.exact[row]);
    }
  }
  return out;
}

}  // namespace squire::where
