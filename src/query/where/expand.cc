// From syntax to expressions: children follow their parents, breadth first, so that no stack is needed.

#include "query/where/binder.h"
#include "query/where/lexer.h"

namespace squire::where {

uint32_t Binder::AddValue(Value value) {
  out_.values.push_back(std::move(value));
  return static_cast<uint32_t>(out_.values.size() - 1);
}

uint32_t Binder::AddChild(uint32_t node) {
  Expr child;
  child.node = node;
  child.at = syntax_.nodes[node].at;
  child.depth = depth_;
  out_.exprs.push_back(child);
  return static_cast<uint32_t>(out_.exprs.size() - 1);
}

/// ERRORS: InvalidArgument when `count` more expressions are too many.
Result<void> Binder::CheckRoom(size_t count) const {
  if (out_.exprs.size() + count <= kTermsMax) return {};
  return InvalidArgument("a filter has at most " + std::to_string(kTermsMax) +
                         " terms besides the keys of lists and of chains on one column");
}

uint32_t Binder::AddColumn(uint32_t path) {
  Expr column;
  column.kind = ExprKind::kColumn;
  column.payload = path;
  out_.exprs.push_back(column);
  return static_cast<uint32_t>(out_.exprs.size() - 1);
}

/// The nodes of a list, one after the other.
void Binder::AddList(uint32_t first_link, uint32_t count) {
  for (uint32_t link = first_link; count > 0; link = syntax_.links[link].next, count--)
    AddChild(syntax_.links[link].node);
}

uint32_t Binder::PathOf(uint32_t node) const { return syntax_.nodes[node].a; }

Result<Value> Binder::NumberOf(NodeKind kind, uint8_t flags, size_t at, std::string_view text) const {
  const std::string digits = (flags & kMinus ? "-" : "") + std::string(text);
  if (kind == NodeKind::kInteger) {
    if (const auto exact = ParseExact(digits, 0); exact && *exact <= UINT64_MAX && *exact >= INT64_MIN) {
      ValueType type = kInt64Type;
      type.is_unsigned = *exact > INT64_MAX;
      return ExactValue(type, *exact);
    }
  }
  const auto number = ParseDouble(digits);
  if (!number) return Wrong(at, "'" + digits.substr(0, 40) + "' is no number");
  Value value;
  value.type = kDoubleType;
  value.number = *number;
  const size_t point = digits.find('.');
  size_t places = 0;
  for (size_t i = point == std::string::npos ? digits.size() : point + 1; i < digits.size(); i++)
    places += digits[i] >= '0' && digits[i] <= '9';
  if (places > 38 || digits.find_first_of("eE") != std::string::npos) return value;
  if (const auto exact = ParseExact(digits, static_cast<int>(places))) {
    value.has_exact = true;
    value.exact = *exact;
    value.exact_scale = static_cast<int8_t>(places);
  }
  return value;
}

Result<Value> Binder::ValueOf(NodeKind kind, uint8_t flags, size_t at, std::string_view text) const {
  std::string plain;
  if (flags & kEscaped) {
    plain = Unescape(text, syntax_.text[at - 1]);
    text = plain;
  }
  switch (kind) {
    case NodeKind::kTrue: return BoolValue(true);
    case NodeKind::kFalse: return BoolValue(false);
    case NodeKind::kInteger:
    case NodeKind::kFloat: return NumberOf(kind, flags, at, text);
    case NodeKind::kString: return TextValue(kStringType, std::string(text));
    case NodeKind::kHex: {
      Value value = TextValue({Kind::kText, Meaning::kBinary}, "");
      const auto digit = [](char c) {
        return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
      };
      for (size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]), low = i + 1 < text.size() ? digit(text[i + 1]) : -1;
        if (high < 0 || low < 0) return Wrong(at, "x'...' takes an even number of hexadecimal digits");
        value.text += static_cast<char>(high * 16 + low);
      }
      return value;
    }
    case NodeKind::kDate: {
      const auto days = ParseDate(text);
      if (!days) return Wrong(at, "'" + std::string(text.substr(0, 40)) + "' is no date, expected one like 2024-01-31");
      return ExactValue(kDateType, *days);
    }
    case NodeKind::kTimestamp: {
      const auto ns = ParseTimestamp(text);
      if (!ns)
        return Wrong(
            at, "'" + std::string(text.substr(0, 40)) + "' is no timestamp, expected one like 2024-01-31 12:00:00.5");
      return ExactValue(TimestampType(9), *ns);
    }
    default: return NullValue();
  }
}

Result<Value> Binder::ValueOf(const Node& literal) const {
  return ValueOf(literal.kind, literal.flags, literal.at, syntax_.Content(literal));
}

/// AND of a key set and of what its arms ask besides.
void Binder::ExpandSynthetic(uint32_t expr) {
  const Synthetic synthetic = synthetics_[out_.exprs[expr].payload];
  const auto first = static_cast<uint32_t>(out_.exprs.size());
  Expr set;
  set.kind = ExprKind::kSet;
  set.type = kBoolType;
  set.payload = synthetic.set;
  out_.exprs.push_back(set);
  out_.exprs[AddChild(synthetic.arm.node)].skip = synthetic.arm.key_link;
  out_.exprs[expr].first = first;
  out_.exprs[expr].count = 2;
}

/// The column and the residuals of arms that ask for different things besides their keys.
void Binder::ExpandKeyed(uint32_t expr) {
  const uint32_t keyed = out_.exprs[expr].payload;
  const auto first = AddColumn(out_.keyed[keyed].path);
  depth_++;
  for (const Arm& arm : residuals_[keyed]) out_.exprs[AddChild(arm.node)].skip = arm.key_link;
  out_.exprs[expr].first = first;
  out_.exprs[expr].count = static_cast<uint32_t>(out_.exprs.size()) - first;
  residuals_[keyed] = {};
}

/// lower(name) IN ('a', 'b'): the operand, then the values; a set once the operand's type is known.
Result<void> Binder::ExpandIn(uint32_t expr, const Node& node) {
  Expr& made = out_.exprs[expr];
  made.kind = ExprKind::kSet;
  made.flags = node.flags & kNegated;
  if (syntax_.nodes[node.a].kind == NodeKind::kColumn) {
    const uint32_t nodes[] = {static_cast<uint32_t>(&node - syntax_.nodes.data())};
    const uint32_t set = TRY(AddSet(PathOf(node.a), nodes));
    out_.exprs[expr].payload = set;
    return {};
  }
  made.payload = kNone;
  TRY(CheckRoom(node.c));
  const uint32_t first = AddChild(node.a);
  AddList(node.b, node.c);
  out_.exprs[expr].first = first;
  out_.exprs[expr].count = node.c + 1;
  return {};
}

Result<void> Binder::ExpandNode(uint32_t expr) {
  const Node& node = syntax_.nodes[out_.exprs[expr].node];
  if (node.kind == NodeKind::kAnd || node.kind == NodeKind::kOr) return ExpandChain(expr, node);
  out_.exprs[expr].node = kNone;
  const auto become = [&](ExprKind kind, uint32_t payload = 0) {
    Expr& made = out_.exprs[expr];
    made.kind = kind;
    made.op = node.op;
    made.flags = node.flags;
    made.payload = payload;
  };
  const auto children = [&](std::initializer_list<uint32_t> nodes) {
    const auto first = static_cast<uint32_t>(out_.exprs.size());
    for (const uint32_t child : nodes) AddChild(child);
    out_.exprs[expr].first = first;
    out_.exprs[expr].count = static_cast<uint32_t>(nodes.size());
  };
  switch (node.kind) {
    case NodeKind::kColumn: become(ExprKind::kColumn, node.a); return {};
    case NodeKind::kMatch: {
      const auto kind = static_cast<NodeKind>(node.c);
      const Value value = TRY(ValueOf(kind, node.flags, node.at, syntax_.text.substr(node.at, node.b)));
      become(ExprKind::kMatch);
      out_.exprs[expr].flags = 0;
      return MakeMatch(out_.exprs[expr], PathOf(node.a), static_cast<CompareOp>(node.op), value, node.at);
    }
    case NodeKind::kNot:
      become(ExprKind::kNot);
      children({node.a});
      return {};
    case NodeKind::kCompare:
      become(ExprKind::kCompare);
      children({node.a, node.b});
      return {};
    case NodeKind::kArithmetic:
      become(ExprKind::kArithmetic);
      children({node.a, node.b});
      return {};
    case NodeKind::kNegate:
      become(ExprKind::kNegate);
      children({node.a});
      return {};
    case NodeKind::kIsNull:
      become(ExprKind::kIsNull);
      children({node.a});
      return {};
    case NodeKind::kIsTrue:
      become(ExprKind::kIsTrue);
      children({node.a});
      return {};
    case NodeKind::kIsFalse:
      become(ExprKind::kIsFalse);
      children({node.a});
      return {};
    case NodeKind::kDistinct:
      become(ExprKind::kDistinct);
      children({node.a, node.b});
      return {};
    case NodeKind::kLike:
      become(ExprKind::kLike, node.c);
      children({node.a, node.b});
      return {};
    case NodeKind::kCast:
      become(ExprKind::kCast, node.b);
      children({node.a});
      return {};
    case NodeKind::kIn: return ExpandIn(expr, node);
    case NodeKind::kBetween: {
      become(ExprKind::kBetween);
      const uint32_t low = node.b, high = syntax_.links[low].next;
      children({node.a, syntax_.links[low].node, syntax_.links[high].node});
      return {};
    }
    case NodeKind::kCall: {
      TRY(CheckRoom(node.c));
      become(ExprKind::kCall, node.a);
      const auto first = static_cast<uint32_t>(out_.exprs.size());
      AddList(node.b, node.c);
      out_.exprs[expr].first = first;
      out_.exprs[expr].count = node.c;
      return {};
    }
    default: become(ExprKind::kLiteral, AddValue(TRY(ValueOf(node)))); return {};
  }
}

Result<void> Binder::Expand() {
  AddChild(syntax_.root);
  for (uint32_t i = 0; i < out_.exprs.size(); i++) {
    TRY(CheckRoom(0));
    const Expr& expr = out_.exprs[i];
    depth_ = expr.depth;
    if (expr.node != kNone)
      TRY(ExpandNode(i));
    else if (expr.kind == ExprKind::kAnd)
      ExpandSynthetic(i);
    else if (expr.kind == ExprKind::kKeyed)
      ExpandKeyed(i);
  }
  return {};
}

Result<Bound> Bind(std::string_view text, const Schema& schema, BindAs as) {
  Bound out{.columns = Columns(schema)};
  const Parsed parsed = TRY(Parse(text, out.columns));
  for (const DataType& type : parsed.types) out.cast_types.push_back(TypeOf(type));
  Binder binder(parsed, out);
  TRY(binder.Expand());
  TRY(binder.CheckTypes());
  if (as == BindAs::kCondition) TRY(binder.CheckCondition());
  return out;
}

}  // namespace squire::where
