#include "query/where/expression.h"

#include "query/where/compute.h"
#include "query/where/evaluate.h"

namespace squire::where {
namespace {

/// True when the expression is a column of the wanted type itself.
bool IsColumnOf(const Bound& bound, const DataType& type) {
  const Expr& root = bound.exprs[0];
  return root.kind == ExprKind::kColumn && bound.columns.paths()[root.payload].type == type;
}

void AppendEntry(const Lane& lane, size_t at, const DataType& type, ArrayBuilder& out) {
  switch (lane.type.kind) {
    case Kind::kBool: return out.AppendBool(lane.truth[at] == kTrue);
    case Kind::kExact: return out.AppendBytes(&lane.exact[at], static_cast<size_t>(type.bit_width() / 8));
    case Kind::kText:
      if (type.bit_width() == 0) return out.AppendText(lane.text[at]);
      return out.AppendBytes(lane.text[at].data(), lane.text[at].size());
    case Kind::kFloat:
      if (type.id == TypeId::kHalfFloat) return out.Append(DoubleToHalf(lane.number[at]));
      if (type.id == TypeId::kFloat) return out.Append(static_cast<float>(lane.number[at]));
      return out.Append(lane.number[at]);
    default: return out.AppendNull();
  }
}

Result<Array> ArrayOf(const Lane& lane, const DataType& type, size_t rows) {
  ArrayBuilder out(type);
  for (size_t row = 0; row < rows; row++) {
    const size_t at = lane.At(row);
    if (!lane.IsValid(row)) {
      out.AppendNull();
      continue;
    }
    if (type.id == TypeId::kFixedBinary && std::ssize(lane.text[at]) != type.width)
      return InvalidArgument(std::to_string(lane.text[at].size()) + " bytes do not fit " + type.ToString());
    AppendEntry(lane, at, type, out);
  }
  return out.Finish();
}

}  // namespace

Result<Array> Expression::Evaluate(const Batch& rows) const {
  std::vector<const Array*> columns;
  for (const std::string& name : bound_->columns.names()) {
    columns.push_back(rows.Find(name));
    if (columns.back() == nullptr) return Internal("the rows lack column '" + name + "' of the expression");
  }
  std::vector<Array> arrays;
  for (const Path& path : bound_->columns.paths()) arrays.push_back(Columns::Resolve(path, columns));
  if (IsColumnOf(*bound_, type_)) return arrays[bound_->exprs[0].payload];
  const auto count = static_cast<size_t>(rows.num_rows);
  Lane lane = TRY(EvaluateLane(*bound_, *program_, arrays, count));
  if (lane.type.kind == Kind::kNull) return NullArray(type_, rows.num_rows);
  Expr cast;
  cast.type = TypeOf(type_);
  if (cast.type.kind == Kind::kExact && cast.type.meaning == Meaning::kDecimal) cast.type.bits = 128;
  lane = TRY(CastLane(cast, lane, count));
  const Int128 limit = type_.precision > 0 && type_.precision <= 38 ? PowerOf10(type_.precision) : 0;
  for (size_t at = 0; limit > 0 && at < lane.exact.size(); at++) {
    if (lane.valid[at] && (lane.exact[at] >= limit || lane.exact[at] <= -limit))
      return InvalidArgument(ToText(lane.exact[at], type_.scale) + " does not fit " + type_.ToString());
  }
  return ArrayOf(lane, type_, count);
}

Result<Expression> ParseExpression(std::string_view text, const Schema& schema, const DataType& type) {
  Expression out;
  auto bound = std::make_shared<Bound>(TRY(Bind(text, schema, BindAs::kValue)));
  bound->columns.Detach();
  const ValueType from = bound->exprs[0].type, to = TypeOf(type);
  if (from.kind != Kind::kNull && !IsColumnOf(*bound, type)) {
    if (to.kind == Kind::kOpaque || to.kind == Kind::kNull || to.meaning == Meaning::kTime ||
        to.meaning == Meaning::kDuration)
      return Unsupported("no value but NULL or a column of the same type can be set in one of type " + type.ToString());
    if (!IsCastable(from, to)) return InvalidArgument(NameOf(from) + " cannot be cast to " + NameOf(to));
  }
  out.program_ = std::make_shared<const Program>(Compile(*bound, 0));
  out.bound_ = std::move(bound);
  out.type_ = type;
  return out;
}

namespace {

DataType IntegerType(const ValueType& type) {
  switch (type.bits) {
    case 8: return type.is_unsigned ? TypeId::kUInt8 : TypeId::kInt8;
    case 16: return type.is_unsigned ? TypeId::kUInt16 : TypeId::kInt16;
    case 32: return type.is_unsigned ? TypeId::kUInt32 : TypeId::kInt32;
    default: return type.is_unsigned ? TypeId::kUInt64 : TypeId::kInt64;
  }
}

/// A column type that holds every value of `type`.
DataType ColumnTypeOf(const ValueType& type) {
  switch (type.kind) {
    case Kind::kBool: return TypeId::kBool;
    case Kind::kText: return type.meaning == Meaning::kBinary ? TypeId::kBinary : TypeId::kString;
    case Kind::kFloat: return type.bits == 64 ? TypeId::kDouble : TypeId::kFloat;
    case Kind::kExact: break;
    default: return TypeId::kNull;
  }
  if (type.meaning == Meaning::kPlain) return IntegerType(type);
  if (type.meaning == Meaning::kDate) return TypeId::kDate32;
  DataType out(TypeId::kDecimal128);
  out.precision = 38;
  out.scale = type.scale;
  if (type.meaning == Meaning::kDecimal) return out;
  out = TypeId::kTimestamp;
  out.unit = type.scale == 0 ? "s" : type.scale == 3 ? "ms" : type.scale == 6 ? "us" : "ns";
  return out;
}

}  // namespace

Result<DataType> TypeOfExpression(std::string_view text, const Schema& schema) {
  const Bound bound = TRY(Bind(text, schema, BindAs::kValue));
  const Expr& root = bound.exprs[0];
  if (root.kind == ExprKind::kColumn) return bound.columns.paths()[root.payload].type;
  return ColumnTypeOf(root.type);
}

}  // namespace squire::where
