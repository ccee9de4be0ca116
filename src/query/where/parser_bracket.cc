// What ends in the parser with a comma, a bracket or both ends of a range.

#include "query/where/parser_impl.h"

namespace squire::where {

Status Parser::Comma() {
  TRY(ReduceTo(0));
  if (pending_.empty() || (pending_.back().wait != Wait::kCall && pending_.back().wait != Wait::kInList))
    return Expected(pending_.empty() ? "an operator or the end" : "an operator or ')'");
  const uint32_t item = TakeOperand();
  if (!IsLiteral(out_.syntax.nodes[item].kind)) pending_.back().flags &= static_cast<uint8_t>(~kOnlyLiterals);
  Append(pending_.back(), item);
  wants_operand_ = true;
  return Advance();
}

/// The list is complete. Values stay a list; with anything else in it, it is an OR of comparisons.
Status Parser::InList(const Pending& list) {
  const uint32_t operand = TakeOperand();
  if (list.flags & kOnlyLiterals)
    return PushOperand({NodeKind::kIn, 0, list.flags, list.at, operand, list.first, list.count});
  const NodeKind kind = out_.syntax.nodes[operand].kind;
  if (kind != NodeKind::kColumn && !IsLiteral(kind))
    return out_.syntax.Wrong(list.at, "a list with more than values in it needs a column before IN");
  Pending any{Wait::kOr};
  for (uint32_t link = list.first; link != kNone; link = out_.syntax.links[link].next) {
    TRY(Add(Compared(CompareOp::kEqual, operand, out_.syntax.links[link].node, list.at)));
    Append(any, LastNode());
    if (link == list.last) break;
  }
  return PushChain(NodeKind::kOr, any, list);
}

/// x BETWEEN low AND high with a column for x: two comparisons.
Status Parser::Between(const Pending& between, uint32_t low, uint32_t high) {
  const uint32_t operand = TakeOperand();
  Pending both{Wait::kAnd};
  if (out_.syntax.nodes[operand].kind == NodeKind::kColumn) {
    TRY(Add(Compared(CompareOp::kGreaterEqual, operand, low, between.at)));
    Append(both, LastNode());
    TRY(Add(Compared(CompareOp::kLessEqual, operand, high, between.at)));
    Append(both, LastNode());
    return PushChain(NodeKind::kAnd, both, between);
  }
  both.wait = Wait::kCall;
  Append(both, low);
  Append(both, high);
  return PushOperand({NodeKind::kBetween, 0, between.flags, between.at, operand, both.first, 2});
}

/// The chain as a node, denied when the operator `from` was.
Status Parser::PushChain(NodeKind kind, const Pending& chain, const Pending& from) {
  TRY(PushOperand({kind, 0, 0, from.at, chain.first, chain.last, chain.count}));
  if (!(from.flags & kNegated)) return {};
  return PushOperand({NodeKind::kNot, 0, 0, from.at, TakeOperand()});
}

Status Parser::Close() {
  TRY(ReduceTo(0));
  if (pending_.empty()) return Expected("an operator or the end; no bracket is open");
  Pending top = pending_.back();
  if (top.wait == Wait::kCast) return Expected("AS and a type");
  if (top.wait != Wait::kParenthesis) {
    const uint32_t item = TakeOperand();
    if (!IsLiteral(out_.syntax.nodes[item].kind)) top.flags &= static_cast<uint8_t>(~kOnlyLiterals);
    Append(top, item);
    if (top.wait == Wait::kInList)
      TRY(InList(top));
    else
      TRY(PushOperand({NodeKind::kCall, 0, 0, top.at, top.a, top.first, top.count}));
  }
  pending_.pop_back();
  return Advance();
}

/// The type of ::type, or of the innermost CAST( ... AS type).
Status Parser::CastTo(bool is_postfix) {
  uint32_t at = token_.begin;
  uint8_t flags = 0;
  if (!is_postfix) {
    TRY(ReduceTo(0));
    if (pending_.empty() || pending_.back().wait != Wait::kCast) return Expected("an operator or the end");
    at = pending_.back().at;
    flags = pending_.back().flags;
    pending_.pop_back();
  }
  TRY(Advance());
  const DataType type = TRY(TypeName());
  auto known = std::ranges::find(out_.types, type);
  if (known == out_.types.end()) known = out_.types.insert(known, type);
  if (!is_postfix) TRY(Expect(TokenKind::kClose, "')'"));
  return PushOperand({NodeKind::kCast, 0, flags, at, TakeOperand(), static_cast<uint32_t>(known - out_.types.begin())});
}

}  // namespace squire::where
