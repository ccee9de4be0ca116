// Types of expressions, children before their parents, and the constants among them computed. The rules for numbers are
// DataFusion's, which pylance filters with.

#include <algorithm>

#include "query/where/binder.h"
#include "query/where/evaluate.h"

namespace squire::where {
namespace {

/// The integer type that holds both, or the decimal one for uint64 with a signed type.
ValueType WiderInteger(const ValueType& a, const ValueType& b) {
  if (a.is_unsigned == b.is_unsigned) return a.bits >= b.bits ? a : b;
  const ValueType& s = a.is_unsigned ? b : a;
  const ValueType& u = a.is_unsigned ? a : b;
  if (u.bits == 64) return DecimalType(0);
  ValueType wider = s;
  wider.bits = std::max<uint8_t>(s.bits, static_cast<uint8_t>(u.bits * 2));
  return wider;
}

bool AreComparable(const ValueType& a, const ValueType& b) {
  if (a.kind == Kind::kNull || b.kind == Kind::kNull) return true;
  if (a.kind == Kind::kOpaque || b.kind == Kind::kOpaque) return false;
  if (a.is_number() && b.is_number()) return true;
  if (a.is_moment() && b.is_moment()) return true;
  if (a.kind == Kind::kText && b.kind == Kind::kText) return true;
  return a.kind == b.kind && a.meaning == b.meaning;
}

/// What function arguments may be.
enum class Argument : uint8_t { kString, kInteger, kNumber, kPrintable, kAny };

Argument ArgumentOf(Function function, uint32_t i) {
  switch (function) {
    case Function::kSubstring:
    case Function::kLeft:
    case Function::kRight: return i == 0 ? Argument::kString : Argument::kInteger;
    case Function::kConcat:
    case Function::kConcatOp: return Argument::kPrintable;
    case Function::kCoalesce: return Argument::kAny;
    case Function::kAbs: return Argument::kNumber;
    default: return Argument::kString;
  }
}

}  // namespace

bool IsCastable(const ValueType& from, const ValueType& to) {
  if (from.kind == Kind::kNull || from == to) return true;
  if (from.kind == Kind::kOpaque || from.meaning == Meaning::kBinary || from.meaning == Meaning::kTime ||
      from.meaning == Meaning::kDuration)
    return false;
  if (from.is_string() || to.is_string()) return true;
  if (from.is_moment()) return to.is_moment() || to.is_integer();
  return !to.is_moment() && (from.is_number() || to.is_number() || to.kind == Kind::kBool);
}

void Binder::SetLiteral(Expr& expr, Value value) {
  const size_t at = expr.at;
  expr = Expr{};
  expr.at = static_cast<uint32_t>(at);
  expr.type = value.is_null ? ValueType{} : value.type;
  expr.payload = AddValue(std::move(value));
}

Result<void> Binder::MakeMatch(Expr& expr, uint32_t path, CompareOp op, const Value& value, size_t at) {
  const Path& column = out_.columns.paths()[path];
  const ValueType type = TypeOf(column.type);
  if (value.is_null || type.kind == Kind::kNull) {
    SetLiteral(expr, NullValue());
    return {};
  }
  auto match = FitMatch(type, op, value);
  if (!match) return Wrong(at, "'" + column.name + "': " + match.error().message);
  match->path = path;
  expr.kind = ExprKind::kMatch;
  expr.type = kBoolType;
  expr.count = 0;
  expr.payload = static_cast<uint32_t>(out_.matches.size());
  out_.matches.push_back(*std::move(match));
  return {};
}

Result<void> Binder::CheckChildrenAreBool(const Expr& expr, const char* what) {
  for (uint32_t i = expr.kind == ExprKind::kKeyed ? 1 : 0; i < expr.count; i++) {
    const Expr& child = Child(expr, i);
    if (child.type.kind != Kind::kBool && child.type.kind != Kind::kNull)
      return Wrong(child.at, std::string(what) + " needs conditions, and this is " + NameOf(child.type));
  }
  return {};
}

Result<void> Binder::CheckComparable(size_t at, uint32_t left, uint32_t right) {
  for (const auto& [moment, text] : {std::pair(left, right), std::pair(right, left)}) {
    // A string stands for the date or timestamp that it spells.
    if (!out_.exprs[moment].type.is_moment() || !out_.exprs[text].type.is_string() || !out_.IsLiteral(text)) continue;
    const std::string spelled = out_.ValueOf(text).text;
    const auto ns = ParseTimestamp(spelled);
    if (!ns) return Wrong(out_.exprs[text].at, "'" + spelled.substr(0, 40) + "' is no date or timestamp");
    SetLiteral(out_.exprs[text], ExactValue(TimestampType(9), *ns));
  }
  const ValueType &a = out_.exprs[left].type, &b = out_.exprs[right].type;
  if (AreComparable(a, b)) return {};
  return Wrong(at, NameOf(a) + " cannot be compared with " + NameOf(b));
}

Result<void> Binder::CheckCompare(Expr& expr) {
  const uint32_t left = expr.first, right = expr.first + 1;
  const auto op = static_cast<CompareOp>(expr.op);
  if (expr.kind == ExprKind::kCompare) {
    const Expr &l = out_.exprs[left], &r = out_.exprs[right];
    if (l.kind == ExprKind::kColumn && out_.IsLiteral(right))
      return MakeMatch(expr, l.payload, op, out_.ValueOf(right), r.at);
    if (r.kind == ExprKind::kColumn && out_.IsLiteral(left))
      return MakeMatch(expr, r.payload, Mirrored(op), out_.ValueOf(left), l.at);
  }
  for (uint32_t i = 1; i < expr.count; i++) TRY(CheckComparable(expr.at, left, left + i));
  const bool has_null = out_.exprs[left].type.kind == Kind::kNull || out_.exprs[right].type.kind == Kind::kNull;
  expr.type = kBoolType;
  if (expr.kind == ExprKind::kCompare && has_null) SetLiteral(expr, NullValue());
  return {};
}

/// IN with an expression before it: the values become keys of its type.
Result<void> Binder::CheckSet(Expr& expr) {
  expr.type = kBoolType;
  if (expr.payload != kNone) return {};
  const ValueType type = Child(expr, 0).type;
  if (type.kind == Kind::kNull) {
    SetLiteral(expr, NullValue());
    return {};
  }
  KeySet set{kNone, false, KeyTable(HasWordKeys(type))};
  for (uint32_t i = 1; i < expr.count; i++) {
    const Value& value = out_.ValueOf(expr.first + i);
    if (value.is_null) {
      set.has_null = true;
      continue;
    }
    auto match = FitMatch(type, CompareOp::kEqual, value);
    if (!match) return Wrong(Child(expr, i).at, match.error().message);
    if (match->form == Match::Form::kNever) continue;
    if (set.keys.has_words())
      set.keys.Insert(WordKey(*match));
    else
      set.keys.Insert(TextKey(*match));
  }
  expr.count = 1;
  expr.payload = static_cast<uint32_t>(out_.sets.size());
  out_.sets.push_back(std::move(set));
  return {};
}

Result<void> Binder::CheckArithmetic(Expr& expr) {
  const ValueType a = Child(expr, 0).type, b = expr.count > 1 ? Child(expr, 1).type : a;
  const bool has_null = a.kind == Kind::kNull || b.kind == Kind::kNull;
  for (uint32_t i = 0; i < expr.count; i++) {
    const Expr& child = Child(expr, i);
    const bool is_wrong = expr.kind == ExprKind::kNegate && child.type.is_unsigned;
    if ((!child.type.is_number() && child.type.kind != Kind::kNull) || is_wrong)
      return Wrong(child.at, "arithmetic needs " + std::string(is_wrong ? "signed " : "") + "numbers, and this is " +
                                 (is_wrong ? "unsigned" : NameOf(child.type)));
  }
  if (has_null) {
    SetLiteral(expr, NullValue());
    return {};
  }
  const auto op = static_cast<ArithmeticOp>(expr.op);
  if (a.kind == Kind::kFloat || b.kind == Kind::kFloat) {
    expr.type = kDoubleType;
    const auto bits = [](const ValueType& type) {
      return type.kind == Kind::kFloat ? type.bits : type.meaning == Meaning::kDecimal ? uint8_t{64} : uint8_t{0};
    };
    expr.type.bits = std::max(bits(a), bits(b));
    return {};
  }
  expr.type = a.is_integer() && b.is_integer() ? WiderInteger(a, b) : DecimalType(std::max(a.scale, b.scale));
  if (expr.type.meaning != Meaning::kDecimal) return {};
  int scale = expr.type.scale;
  if (expr.kind == ExprKind::kArithmetic && op == ArithmeticOp::kMultiply) scale = a.scale + b.scale;
  if (expr.kind == ExprKind::kArithmetic && op == ArithmeticOp::kDivide) scale = std::min(38, a.scale + 4);
  if (scale > 38) return Wrong(expr.at, "the product would have more than 38 digits after the point");
  expr.type = DecimalType(scale);
  return {};
}

Result<void> Binder::CheckArgument(const Expr& call, uint32_t i) {
  const auto function = static_cast<Function>(call.payload);
  const Expr& child = Child(call, i);
  const ValueType& type = child.type;
  if (type.kind == Kind::kNull) return {};
  const char* wanted = nullptr;
  switch (ArgumentOf(function, i)) {
    case Argument::kString: wanted = type.is_string() ? nullptr : "a string"; break;
    case Argument::kInteger: wanted = type.is_integer() ? nullptr : "an integer"; break;
    case Argument::kNumber: wanted = type.is_number() ? nullptr : "a number"; break;
    case Argument::kPrintable: wanted = IsCastable(type, kStringType) ? nullptr : "a string"; break;
    case Argument::kAny: wanted = type.kind != Kind::kOpaque ? nullptr : "a plain value"; break;
  }
  if (wanted == nullptr) return {};
  return Wrong(child.at, "argument " + std::to_string(i + 1) + " of " + std::string(InfoOf(function).name) +
                             " must be " + wanted + ", and this is " + NameOf(type));
}

Result<void> Binder::CheckCall(Expr& expr) {
  const auto function = static_cast<Function>(expr.payload);
  const FunctionInfo& info = InfoOf(function);
  if (expr.count < info.args_min || expr.count > info.args_max) {
    const std::string many =
        std::to_string(info.args_min) + (info.args_max > info.args_min ? " to " + std::to_string(info.args_max) : "");
    return Wrong(expr.at, std::string(info.name) + " takes " + many + " arguments, not " + std::to_string(expr.count));
  }
  bool has_null = false;
  for (uint32_t i = 0; i < expr.count; i++) {
    TRY(CheckArgument(expr, i));
    has_null |= Child(expr, i).type.kind == Kind::kNull;
  }
  switch (function) {
    case Function::kStartsWith:
    case Function::kEndsWith:
    case Function::kContains: expr.type = kBoolType; break;
    case Function::kLength:
    case Function::kOctetLength:
    case Function::kStrpos: expr.type = {Kind::kExact, Meaning::kPlain, 32}; break;
    case Function::kAbs: expr.type = Child(expr, 0).type; break;
    case Function::kConcat: expr.type = kStringType; return {};
    case Function::kCoalesce:
      expr.type = {};
      for (uint32_t i = 0; i < expr.count; i++) {
        const ValueType& type = Child(expr, i).type;
        if (type.kind == Kind::kNull) continue;
        if (expr.type.kind != Kind::kNull && expr.type.is_integer() && type.is_integer())
          expr.type = WiderInteger(expr.type, type);
        else if (expr.type.kind == Kind::kNull)
          expr.type = type;
        else if (!(expr.type == type))
          return Wrong(Child(expr, i).at, "the arguments of coalesce must be of one type");
      }
      if (expr.type.kind == Kind::kNull) SetLiteral(expr, NullValue());
      return {};
    default: expr.type = kStringType;
  }
  if (has_null) SetLiteral(expr, NullValue());
  return {};
}

Result<void> Binder::CheckCast(Expr& expr) {
  const ValueType from = Child(expr, 0).type, to = out_.cast_types[expr.payload];
  if (!IsCastable(from, to)) return Wrong(expr.at, NameOf(from) + " cannot be cast to " + NameOf(to));
  expr.type = to;
  if (from.kind == Kind::kNull) SetLiteral(expr, NullValue());
  return {};
}

Result<void> Binder::Check(uint32_t index) {
  Expr& expr = out_.exprs[index];
  switch (expr.kind) {
    case ExprKind::kLiteral: expr.type = out_.ValueOf(index).type; return {};
    case ExprKind::kColumn: expr.type = TypeOf(out_.columns.paths()[expr.payload].type); return {};
    case ExprKind::kMatch: return {};
    case ExprKind::kSet: TRY(CheckSet(expr)); break;
    case ExprKind::kKeyed:
    case ExprKind::kAnd:
    case ExprKind::kOr:
    case ExprKind::kNot:
    case ExprKind::kIsTrue:
    case ExprKind::kIsFalse: {
      const char* what = expr.kind == ExprKind::kNot                                   ? "NOT"
                         : expr.kind == ExprKind::kAnd                                 ? "AND"
                         : expr.kind == ExprKind::kOr || expr.kind == ExprKind::kKeyed ? "OR"
                                                                                       : "IS TRUE or FALSE";
      TRY(CheckChildrenAreBool(expr, what));
      expr.type = kBoolType;
      break;
    }
    case ExprKind::kIsNull: expr.type = kBoolType; break;
    case ExprKind::kDistinct:
    case ExprKind::kBetween:
    case ExprKind::kCompare: TRY(CheckCompare(expr)); break;
    case ExprKind::kLike:
      for (uint32_t i = 0; i < 2; i++) {
        if (const Expr& child = Child(expr, i); !child.type.is_string() && child.type.kind != Kind::kNull)
          return Wrong(child.at, "LIKE needs strings, and this is " + NameOf(child.type));
      }
      if (Child(expr, 0).type.kind == Kind::kNull || Child(expr, 1).type.kind == Kind::kNull)
        SetLiteral(expr, NullValue());
      else
        expr.type = kBoolType;
      break;
    case ExprKind::kCall: TRY(CheckCall(expr)); break;
    case ExprKind::kCast: TRY(CheckCast(expr)); break;
    case ExprKind::kArithmetic:
    case ExprKind::kNegate: TRY(CheckArithmetic(expr)); break;
  }
  return Fold(index);
}

/// Computes `index` when all its children are constants, or when one of them decides an AND or OR.
Result<void> Binder::Fold(uint32_t index) {
  const Expr& expr = out_.exprs[index];
  if (expr.count == 0 || expr.kind == ExprKind::kLiteral) return {};
  bool is_constant = true;
  for (uint32_t i = 0; i < expr.count; i++) {
    const uint32_t child = expr.first + i;
    if (!out_.IsLiteral(child)) {
      is_constant = false;
      continue;
    }
    const Value& value = out_.ValueOf(child);
    const bool decides = (expr.kind == ExprKind::kAnd && !value.is_null && value.truth == kFalse) ||
                         (expr.kind == ExprKind::kOr && !value.is_null && value.truth == kTrue);
    if (!decides) continue;
    SetLiteral(out_.exprs[index], BoolValue(expr.kind == ExprKind::kOr));
    return {};
  }
  if (!is_constant) return {};
  const size_t at = expr.at;
  auto value = EvaluateConstant(out_, index);
  if (!value) return Wrong(at, value.error().message);
  SetLiteral(out_.exprs[index], *std::move(value));
  return {};
}

Result<void> Binder::CheckTypes() {
  for (uint32_t i = static_cast<uint32_t>(out_.exprs.size()); i-- > 0;) TRY(Check(i));
  out_.exprs[0].flags |= kPositive;
  for (const Expr& expr : out_.exprs) {
    if (!(expr.flags & kPositive) || (expr.kind != ExprKind::kAnd && expr.kind != ExprKind::kOr)) continue;
    for (uint32_t i = 0; i < expr.count; i++) out_.exprs[expr.first + i].flags |= kPositive;
  }
  return {};
}

Result<void> Binder::CheckCondition() {
  const Expr& root = out_.exprs[0];
  if (root.type.kind != Kind::kBool && root.type.kind != Kind::kNull)
    return Wrong(root.at, "a filter must be a condition, and this is " + NameOf(root.type));
  return {};
}

}  // namespace squire::where
