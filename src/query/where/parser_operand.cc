// Operands of the parser: literals, columns, calls, and the names of types.

#include "query/where/parser_impl.h"

namespace squire::where {

NodeKind LiteralKindOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kString: return NodeKind::kString;
    case TokenKind::kHex: return NodeKind::kHex;
    case TokenKind::kInteger: return NodeKind::kInteger;
    case TokenKind::kFloat: return NodeKind::kFloat;
    case TokenKind::kNull: return NodeKind::kNull;
    case TokenKind::kTrue: return NodeKind::kTrue;
    case TokenKind::kFalse: return NodeKind::kFalse;
    default: return NodeKind::kColumn;
  }
}

Status Parser::PushOperand(const Node& node) {
  wants_operand_ = false;
  return PushNode(node);
}

/// The token as a literal of `kind`.
Status Parser::LiteralOperand(NodeKind kind, uint8_t flags) {
  if (token_.has_escape) flags |= kEscaped;
  TRY(PushOperand({kind, 0, flags, token_.at, token_.size}));
  return Advance();
}

Status Parser::Operand() {
  if (const NodeKind literal = LiteralKindOf(token_.kind); literal != NodeKind::kColumn)
    return LiteralOperand(literal, 0);
  switch (token_.kind) {
    case TokenKind::kName:
    case TokenKind::kQuotedName: return NameOperand();
    case TokenKind::kOpen: TRY(Push(Wait::kParenthesis)); return Advance();
    case TokenKind::kNot: TRY(Push(Wait::kNot)); return Advance();
    case TokenKind::kPlus: return Advance();
    case TokenKind::kMinus: {
      const Token minus = token_;
      TRY(Advance());
      if (token_.kind == TokenKind::kInteger || token_.kind == TokenKind::kFloat)
        return LiteralOperand(LiteralKindOf(token_.kind), kMinus);
      TRY(Push(Wait::kMinus));
      pending_.back().at = minus.begin;
      return {};
    }
    default: break;
  }
  // A keyword that is a column's name is that column where only a value can stand.
  if (token_.kind > TokenKind::kOther && columns_.Has(lexer_.Content(token_))) return NameOperand();
  return Expected("a column, a value, NOT or '('");
}

Status Parser::NameOperand() {
  const Token name = token_;
  const std::string_view text = lexer_.Content(name);
  TRY(Advance());
  if (name.kind == TokenKind::kQuotedName) return ColumnOperand(name);
  if (token_.kind == TokenKind::kOpen) return CallOperand(text, name.begin);
  if (token_.kind == TokenKind::kString) {
    if (IsWord(text, "date")) return LiteralOperand(NodeKind::kDate, 0);
    if (IsWord(text, "timestamp") || IsWord(text, "datetime")) return LiteralOperand(NodeKind::kTimestamp, 0);
  }
  return ColumnOperand(name);
}

/// One name after a dot.
Result<std::string> Parser::NamePart() {
  const std::string_view text = lexer_.Content(token_);
  if (token_.kind == TokenKind::kQuotedName) return token_.has_escape ? Unescape(text, '`') : std::string(text);
  if (token_.kind != TokenKind::kName && token_.kind < TokenKind::kAnd) return Expected("the name of a field");
  return std::string(text);
}

/// A column by `name` and the fields that follow it.
Status Parser::ColumnOperand(const Token& name) {
  const std::string_view first = lexer_.Content(name);
  const bool is_quoted = name.kind == TokenKind::kQuotedName;
  for (const Known& known : known_) {
    if (is_quoted || first != known.name || token_.kind == TokenKind::kDot) continue;
    operands_.push_back(known.node);
    wants_operand_ = false;
    return {};
  }
  std::vector<std::string> parts = {name.has_escape ? Unescape(first, '`') : std::string(first)};
  bool any_case = !is_quoted;
  while (token_.kind == TokenKind::kDot) {
    TRY(Advance());
    any_case &= token_.kind != TokenKind::kQuotedName;
    parts.push_back(TRY(NamePart()));
    TRY(Advance());
  }
  auto path = columns_.Find(parts, any_case);
  if (!path) return out_.syntax.Wrong(name.begin, path.error().message);
  TRY(PushOperand({NodeKind::kColumn, 0, 0, name.begin, *path}));
  if (!is_quoted && parts.size() == 1) known_[known_next_++ % known_.size()] = {first, operands_.back()};
  return {};
}

/// column['field'], the operand being the column.
Status Parser::Subscript() {
  const Node column = out_.syntax.nodes[operands_.back()];
  if (column.kind != NodeKind::kColumn) return Expected("an operator or the end; only columns have fields");
  TRY(Advance());
  if (token_.kind != TokenKind::kString) return Expected("the name of a field in quotes");
  std::vector<std::string> parts = columns_.paths()[column.a].parts;
  const std::string_view text = lexer_.Content(token_);
  parts.push_back(token_.has_escape ? Unescape(text, out_.syntax.text[token_.begin]) : std::string(text));
  auto path = columns_.Find(parts, false);
  if (!path) return out_.syntax.Wrong(token_.begin, path.error().message);
  operands_.pop_back();
  TRY(PushOperand({NodeKind::kColumn, 0, 0, column.at, *path}));
  TRY(Advance());
  return Expect(TokenKind::kCloseBracket, "']'");
}

/// A name before '(': a cast or a function.
Status Parser::CallOperand(std::string_view name, uint32_t at) {
  const bool is_try = IsWord(name, "try_cast");
  if (is_try || IsWord(name, "cast")) {
    TRY(Push(Wait::kCast, 0, is_try ? kTry : 0));
    pending_.back().at = at;
    return Advance();
  }
  const FunctionInfo* info = FindFunction(name);
  if (info == nullptr) return out_.syntax.Wrong(at, NoSuchFunction(name));
  TRY(Push(Wait::kCall));
  pending_.back().at = at;
  pending_.back().a = static_cast<uint32_t>(info->function);
  TRY(Advance());
  if (token_.kind == TokenKind::kClose) return Expected("an argument of " + std::string(info->name));
  return {};
}

Result<DataType> Parser::DecimalType() {
  DataType type(TypeId::kDecimal128);
  TRY(Expect(TokenKind::kOpen, "'(' with the precision and scale of the decimal"));
  for (int32_t* number : {&type.precision, &type.scale}) {
    if (number == &type.scale) {
      if (token_.kind == TokenKind::kClose) break;
      TRY(Expect(TokenKind::kComma, "',' or ')'"));
    }
    const std::string_view digits = lexer_.Content(token_);
    if (token_.kind != TokenKind::kInteger || digits.size() > 2) return Expected("a number of digits, at most 38");
    *number = 0;
    for (const char c : digits) *number = *number * 10 + (c - '0');
    TRY(Advance());
  }
  if (type.precision < 1 || type.precision > 38 || type.scale > type.precision)
    return out_.syntax.Wrong(token_.begin, "a decimal has 1 to 38 digits, the scale among them");
  TRY(Expect(TokenKind::kClose, "')'"));
  return type;
}

Result<DataType> Parser::TypeName() {
  struct Named {
    std::string_view name;
    TypeId type, unsigned_type;
  };
  static constexpr Named kTypes[] = {
      {"boolean", TypeId::kBool, TypeId::kNull},        {"bool", TypeId::kBool, TypeId::kNull},
      {"tinyint", TypeId::kInt8, TypeId::kUInt8},       {"smallint", TypeId::kInt16, TypeId::kUInt16},
      {"int", TypeId::kInt32, TypeId::kUInt32},         {"integer", TypeId::kInt32, TypeId::kUInt32},
      {"bigint", TypeId::kInt64, TypeId::kUInt64},      {"float", TypeId::kFloat, TypeId::kNull},
      {"real", TypeId::kFloat, TypeId::kNull},          {"double", TypeId::kDouble, TypeId::kNull},
      {"string", TypeId::kString, TypeId::kNull},       {"varchar", TypeId::kString, TypeId::kNull},
      {"text", TypeId::kString, TypeId::kNull},         {"date", TypeId::kDate32, TypeId::kNull},
      {"timestamp", TypeId::kTimestamp, TypeId::kNull}, {"datetime", TypeId::kTimestamp, TypeId::kNull},
  };
  if (AtWord("decimal") || AtWord("numeric")) {
    TRY(Advance());
    return DecimalType();
  }
  for (const Named& named : kTypes) {
    if (!AtWord(named.name)) continue;
    TRY(Advance());
    DataType type(named.type);
    if (named.type == TypeId::kTimestamp) type.unit = "us";
    if (AtWord("unsigned") && named.unsigned_type != TypeId::kNull) {
      TRY(Advance());
      type = named.unsigned_type;
    }
    return type;
  }
  return Expected(
      "a type: boolean, tinyint, smallint, int, bigint (each also unsigned), float, double, "
      "decimal(p, s), string, date or timestamp");
}

}  // namespace squire::where
