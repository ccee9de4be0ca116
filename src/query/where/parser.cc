#include "query/where/parser.h"

#include "query/where/parser_impl.h"

namespace squire::where {
namespace {

constexpr size_t kShownBytesMax = 40;  // of what was found, in a message
constexpr size_t kNodesReserved = size_t{1} << 22;

}  // namespace

Error Syntax::Wrong(size_t at, const std::string& what) const {
  return InvalidArgument("the filter is not right at " + PlaceOf(text, at) + ": " + what);
}

Error Parser::Expected(const std::string& what) const {
  std::string found = "the end";
  if (token_.kind != TokenKind::kEnd) {
    const size_t end = std::max<size_t>(token_.at + token_.size, token_.begin + 1);
    const std::string_view shown = out_.syntax.text.substr(token_.begin, end - token_.begin);
    found = "'" + std::string(shown.substr(0, kShownBytesMax)) + (shown.size() > kShownBytesMax ? "..." : "") + "'";
  }
  return out_.syntax.Wrong(token_.begin, "found " + found + ", expected " + what);
}

Status Parser::Expect(TokenKind kind, const char* what) {
  if (token_.kind != kind) return Expected(what);
  return Advance();
}

Status Parser::Add(const Node& node) {
  auto& nodes = out_.syntax.nodes;
  if (nodes.size() >= kNodesMax || out_.syntax.links.size() >= kNodesMax)
    return out_.syntax.Wrong(token_.begin, "a filter has at most " + std::to_string(kNodesMax) + " terms");
  nodes.push_back(node);
  return {};
}

uint32_t Parser::TakeOperand() {
  const uint32_t operand = operands_.back();
  operands_.pop_back();
  return operand;
}

/// Appends `node` to the list; the list of a chain of the same kind is taken over whole.
void Parser::Append(Pending& list, uint32_t node) {
  const Node& added = out_.syntax.nodes[node];
  auto& links = out_.syntax.links;
  Link joined{node, kNone};
  uint32_t first = static_cast<uint32_t>(links.size()), last = first, count = 1;
  if ((list.wait == Wait::kOr && added.kind == NodeKind::kOr) ||
      (list.wait == Wait::kAnd && added.kind == NodeKind::kAnd)) {
    first = added.a;
    last = added.b;
    count = added.c;
  } else {
    links.push_back(joined);
  }
  if (list.first == kNone)
    list.first = first;
  else
    links[list.last].next = first;
  list.last = last;
  list.count += count;
}

Status Parser::Push(Wait wait, uint8_t op, uint8_t flags) {
  if (pending_.size() >= kNestingMax)
    return out_.syntax.Wrong(token_.begin, "a filter nests at most " + std::to_string(kNestingMax) + " levels deep");
  pending_.push_back({wait, op, flags, token_.begin});
  wants_operand_ = true;
  return {};
}

Node Parser::MatchOf(CompareOp op, uint32_t column, const Node& literal) {
  return {NodeKind::kMatch, static_cast<uint8_t>(op),           literal.flags, literal.at, column,
          literal.a,        static_cast<uint32_t>(literal.kind)};
}

Node Parser::Compared(CompareOp op, uint32_t left, uint32_t right, uint32_t at) const {
  const Node &l = out_.syntax.nodes[left], &r = out_.syntax.nodes[right];
  if (l.kind == NodeKind::kColumn && IsLiteral(r.kind)) return MatchOf(op, left, r);
  if (r.kind == NodeKind::kColumn && IsLiteral(l.kind)) return MatchOf(Mirrored(op), right, l);
  return {NodeKind::kCompare, static_cast<uint8_t>(op), 0, at, left, right};
}

/// Turns the topmost operator and its operands into a node.
Status Parser::Reduce() {
  Pending top = pending_.back();
  const uint32_t right = TakeOperand();
  if (top.wait == Wait::kBetweenLow) return Expected("AND and the upper end of BETWEEN");
  pending_.pop_back();
  Node node{NodeKind::kNot, top.op, top.flags, top.at, right};
  switch (top.wait) {
    case Wait::kOr:
    case Wait::kAnd:
      Append(top, right);
      node = {top.wait == Wait::kOr ? NodeKind::kOr : NodeKind::kAnd, 0, 0, top.at, top.first, top.last, top.count};
      break;
    case Wait::kNot: {
      // NOT NOT NOT x is NOT x; one of the three stays, which asks that x be a condition.
      const Node& once = out_.syntax.nodes[right];
      const bool is_twice = once.kind == NodeKind::kNot && out_.syntax.nodes[once.a].kind == NodeKind::kNot;
      if (!is_twice) break;
      operands_.push_back(once.a);
      return {};
    }
    case Wait::kMinus: node.kind = NodeKind::kNegate; break;
    case Wait::kCompare: node = Compared(static_cast<CompareOp>(top.op), TakeOperand(), right, top.at); break;
    case Wait::kDistinct: node = {NodeKind::kDistinct, 0, top.flags, top.at, TakeOperand(), right}; break;
    case Wait::kLike: node = {NodeKind::kLike, 0, top.flags, top.at, TakeOperand(), right, top.a}; break;
    case Wait::kBetweenHigh: return Between(top, TakeOperand(), right);
    case Wait::kConcat: {
      Append(top, TakeOperand());
      Append(top, right);
      node = {NodeKind::kCall, 0, 0, top.at, static_cast<uint32_t>(Function::kConcatOp), top.first, 2};
      break;
    }
    default: node = {NodeKind::kArithmetic, top.op, 0, top.at, TakeOperand(), right};
  }
  return PushNode(node);
}

/// Reduces what binds at least as tightly as `precedence`.
Status Parser::ReduceAll(int precedence) {
  while (IsAbove(precedence - 1)) TRY(Reduce());
  return {};
}

/// AND or OR after an operand.
Status Parser::Chain(Wait wait, int precedence) {
  while (IsAbove(precedence)) {
    if (wait == Wait::kAnd && pending_.back().wait == Wait::kBetweenLow) {
      pending_.back().wait = Wait::kBetweenHigh;
      wants_operand_ = true;
      return Advance();
    }
    TRY(Reduce());
  }
  if (pending_.empty() || pending_.back().wait != wait) TRY(Push(wait));
  Pending& chain = pending_.back();
  const uint32_t arm = TakeOperand();
  Append(chain, arm);
  if (chain.a != 0) TRY(RepeatArm(chain, arm));
  chain.a = static_cast<uint32_t>(lexer_.position());
  wants_operand_ = true;
  return Advance();
}

/// A match that was just written for its column, as the arms of a chain repeat it, is the node that it was.
Status Parser::PushMatch(const Node& match) {
  for (Known& known : known_) {
    if (known.node != match.a) continue;
    if (known.match != kNone) {
      const Node& last = out_.syntax.nodes[known.match];
      if (last.op == match.op && last.b == match.b && last.c == match.c && last.flags == match.flags &&
          out_.syntax.text.substr(last.at, last.b) == out_.syntax.text.substr(match.at, match.b)) {
        operands_.push_back(known.match);
        return {};
      }
    }
    known.match = static_cast<uint32_t>(out_.syntax.nodes.size());
    break;
  }
  return PushNode(match);
}

Status Parser::Comparison() {
  const auto op = static_cast<uint8_t>(static_cast<int>(token_.kind) - static_cast<int>(TokenKind::kEqual));
  TRY(ReduceTo(20));
  const Token sign = token_;
  TRY(Advance());
  const uint32_t left = operands_.back();
  const NodeKind literal = LiteralKindOf(token_.kind);
  if (literal == NodeKind::kColumn || out_.syntax.nodes[left].kind != NodeKind::kColumn) {
    TRY(Push(Wait::kCompare, op));
    pending_.back().at = sign.begin;
    return {};
  }
  // column = literal, which is most of any long filter: one node, unless an operator follows that binds tighter.
  const Token value = token_;
  const Node node{literal, 0, static_cast<uint8_t>(value.has_escape ? kEscaped : 0), value.at, value.size};
  TRY(Advance());
  switch (token_.kind) {
    case TokenKind::kAnd:
    case TokenKind::kOr:
    case TokenKind::kClose:
    case TokenKind::kEnd: operands_.pop_back(); return PushMatch(MatchOf(static_cast<CompareOp>(op), left, node));
    default:
      TRY(Push(Wait::kCompare, op));
      pending_.back().at = sign.begin;
      return PushOperand(node);
  }
}

Status Parser::IsOperator() {
  TRY(ReduceTo(17));
  const uint32_t at = token_.begin;
  TRY(Advance());
  uint8_t flags = 0;
  if (token_.kind == TokenKind::kNot) {
    flags = kNegated;
    TRY(Advance());
  }
  NodeKind kind = NodeKind::kIsNull;
  switch (token_.kind) {
    case TokenKind::kNull: break;
    case TokenKind::kTrue: kind = NodeKind::kIsTrue; break;
    case TokenKind::kFalse: kind = NodeKind::kIsFalse; break;
    default:
      if (!AtWord("distinct")) return Expected("NULL, TRUE, FALSE or DISTINCT FROM, or NOT before one of these");
      TRY(Advance());
      if (!AtWord("from")) return Expected("FROM");
      TRY(Advance());
      TRY(Push(Wait::kDistinct, 0, flags));
      pending_.back().at = at;
      return {};
  }
  TRY(PushOperand({kind, 0, flags, at, TakeOperand()}));
  return Advance();
}

/// NOT after an operand: NOT IN, NOT BETWEEN, NOT LIKE, NOT ILIKE.
Status Parser::NegatedOperator() {
  TRY(Advance());
  switch (token_.kind) {
    case TokenKind::kIn: return InOperator(true);
    case TokenKind::kBetween:
      TRY(ReduceTo(20));
      TRY(Push(Wait::kBetweenLow, 0, kNegated));
      return Advance();
    case TokenKind::kLike:
    case TokenKind::kIlike:
      TRY(ReduceTo(19));
      TRY(Push(Wait::kLike, 0, kNegated | (token_.kind == TokenKind::kIlike ? kAnyCase : 0)));
      return Advance();
    default: return Expected("IN, BETWEEN, LIKE or ILIKE after NOT");
  }
}

Status Parser::InOperator(bool is_negated) {
  TRY(ReduceTo(20));
  TRY(Push(Wait::kInList, 0, static_cast<uint8_t>(kOnlyLiterals | (is_negated ? kNegated : 0))));
  TRY(Advance());
  return Expect(TokenKind::kOpen, "'(' and a list after IN");
}

/// ESCAPE 'c' after the pattern of LIKE.
Status Parser::Escape() {
  TRY(ReduceTo(20));
  if (pending_.empty() || pending_.back().wait != Wait::kLike || pending_.back().a != 0)
    return Expected("an operator or the end; ESCAPE follows the pattern of LIKE");
  TRY(Advance());
  const std::string_view text = lexer_.Content(token_);
  const auto characters = token_.has_escape ? Unescape(text, out_.syntax.text[token_.begin]) : std::string(text);
  if (token_.kind != TokenKind::kString || characters.size() != 1 || static_cast<uint8_t>(characters[0]) >= 0x80)
    return Expected("one ASCII character in quotes after ESCAPE");
  pending_.back().a = static_cast<uint8_t>(characters[0]);
  return Advance();
}

/// A word after an operand.
Status Parser::NamedOperator() {
  if (AtWord("escape")) return Escape();
  if (AtWord("as")) return CastTo(false);
  for (const std::string_view word : {"rlike", "regexp", "similar", "glob", "div", "xor", "collate"}) {
    if (AtWord(word)) return Expected("an operator or the end; '" + std::string(word) + "' is not supported");
  }
  return Expected("an operator or the end");
}

/// What follows an operand.
Status Parser::Operator() {
  const auto arithmetic = [&](Wait wait, ArithmeticOp op, int precedence) -> Status {
    TRY(ReduceTo(precedence));
    TRY(Push(wait, static_cast<uint8_t>(op)));
    return Advance();
  };
  switch (token_.kind) {
    case TokenKind::kEnd: return End();
    case TokenKind::kAnd: return Chain(Wait::kAnd, 10);
    case TokenKind::kOr: return Chain(Wait::kOr, 5);
    case TokenKind::kClose: return Close();
    case TokenKind::kComma: return Comma();
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual: return Comparison();
    case TokenKind::kIs: return IsOperator();
    case TokenKind::kNot: return NegatedOperator();
    case TokenKind::kIn: return InOperator(false);
    case TokenKind::kBetween:
      TRY(ReduceTo(20));
      TRY(Push(Wait::kBetweenLow));
      TRY(Advance());
      break;
    case TokenKind::kLike:
    case TokenKind::kIlike:
      TRY(ReduceTo(19));
      TRY(Push(Wait::kLike, 0, token_.kind == TokenKind::kIlike ? kAnyCase : 0));
      TRY(Advance());
      break;
    case TokenKind::kPlus: return arithmetic(Wait::kAdd, ArithmeticOp::kAdd, 30);
    case TokenKind::kMinus: return arithmetic(Wait::kAdd, ArithmeticOp::kSubtract, 30);
    case TokenKind::kStar: return arithmetic(Wait::kMultiply, ArithmeticOp::kMultiply, 40);
    case TokenKind::kSlash: return arithmetic(Wait::kMultiply, ArithmeticOp::kDivide, 40);
    case TokenKind::kPercent: return arithmetic(Wait::kMultiply, ArithmeticOp::kModulo, 40);
    case TokenKind::kConcat: return arithmetic(Wait::kConcat, ArithmeticOp::kAdd, 40);
    case TokenKind::kCast: return CastTo(true);
    case TokenKind::kOpenBracket: return Subscript();
    case TokenKind::kName: return NamedOperator();
    default: return Expected("an operator or the end");
  }
  return {};
}

Status Parser::End() {
  is_done_ = true;
  TRY(ReduceTo(0));
  if (!pending_.empty()) return Expected("')' for the bracket at " + PlaceOf(out_.syntax.text, pending_.back().at));
  out_.syntax.root = TakeOperand();
  return {};
}

Result<Parsed> Parser::Run() {
  // Room for a long filter at once: what is not touched costs nothing.
  const size_t nodes = std::min<size_t>(out_.syntax.text.size() / 16, kNodesReserved);
  out_.syntax.nodes.reserve(nodes);
  out_.syntax.links.reserve(nodes);
  TRY(Advance());
  if (token_.kind == TokenKind::kEnd) return InvalidArgument("the filter is empty");
  while (!is_done_) TRY(wants_operand_ ? Operand() : Operator());
  return std::move(out_);
}

Result<Parsed> Parse(std::string_view text, Columns& columns) {
  if (text.size() > kTextBytesMax)
    return InvalidArgument("a filter has at most " + std::to_string(kTextBytesMax >> 20) +
                           " MiB of text, this one has " + std::to_string(text.size()) + " bytes");
  return Parser(text, columns).Run();
}

}  // namespace squire::where
