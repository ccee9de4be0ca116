#pragma once

/// The parser's state, shared by its two halves: operands (parser_operand.cc) and operators (parser.cc). Belongs to one
/// call of Parse.

#include <algorithm>
#include <array>

#include "query/where/functions.h"
#include "query/where/lexer.h"
#include "query/where/parser.h"
#include "query/where/status.h"

namespace squire::where {

class Parser {
 public:
  Parser(std::string_view text, Columns& columns) : lexer_(text), columns_(columns) { out_.syntax.text = text; }
  Result<Parsed> Run();

 private:
  /// What waits on the stack for operands to come.
  enum class Wait : uint8_t {
    kParenthesis,  ///< brackets: they end with ')'
    kCall,
    kInList,
    kCast,
    kOr,  ///< operators
    kAnd,
    kNot,
    kDistinct,
    kLike,
    kBetweenLow,
    kBetweenHigh,
    kCompare,
    kAdd,
    kMultiply,
    kConcat,
    kMinus,
  };
  struct Pending {
    Wait wait = Wait::kParenthesis;
    uint8_t op = 0;
    uint8_t flags = 0;
    uint32_t at = 0;
    uint32_t a = 0;  ///< function of a call, escape of LIKE, begin of a chain's next arm but the first
    uint32_t first = kNone, last = kNone, count = 0;
  };
  static int PrecedenceOf(Wait wait) {
    constexpr uint8_t kPrecedence[] = {0, 0, 0, 0, 5, 10, 15, 17, 19, 20, 20, 20, 30, 40, 40, 50};
    return kPrecedence[static_cast<size_t>(wait)];
  }
  /// True when what waits last binds tighter than `precedence`; brackets never do.
  [[nodiscard]] bool IsAbove(int precedence) const {
    return !pending_.empty() && PrecedenceOf(pending_.back().wait) > std::max(0, precedence);
  }

  // Tokens.
  Status Advance() { return lexer_.Next(token_); }
  Status Expect(TokenKind kind, const char* what);
  [[nodiscard]] bool AtWord(std::string_view lower) const {
    return token_.kind == TokenKind::kName && IsWord(lexer_.Content(token_), lower);
  }
  [[nodiscard]] Error Expected(const std::string& what) const;

  // Operands.
  Status Operand();
  Status NameOperand();
  Status ColumnOperand(const Token& name);
  Status CallOperand(std::string_view name, uint32_t at);
  Status Subscript();
  Result<std::string> NamePart();
  Status LiteralOperand(NodeKind kind, uint8_t flags);
  Status PushOperand(const Node& node);
  Result<DataType> TypeName();
  Result<DataType> DecimalType();

  // Operators.
  Status Operator();
  Status NamedOperator();
  Status Push(Wait wait, uint8_t op = 0, uint8_t flags = 0);
  Status ReduceTo(int precedence) { return IsAbove(precedence - 1) ? ReduceAll(precedence) : Status(); }
  Status ReduceAll(int precedence);
  Status Reduce();
  Status Chain(Wait wait, int precedence);
  Status RepeatArm(Pending& chain, uint32_t arm);
  [[nodiscard]] uint32_t KeyOfArm(const Pending& chain, uint32_t arm) const;
  Status AddArm(Pending& chain, uint32_t arm, uint32_t key, uint32_t at, uint32_t size);
  Status Comparison();
  Status IsOperator();
  Status NegatedOperator();
  Status InOperator(bool is_negated);
  Status Escape();
  Status CastTo(bool is_postfix);
  Status Comma();
  Status InList(const Pending& list);
  Status Between(const Pending& between, uint32_t low, uint32_t high);
  Status PushChain(NodeKind kind, const Pending& chain, const Pending& from);
  Status Close();
  Status End();

  // Nodes.
  Status Add(const Node& node);
  Status PushNode(const Node& node) {
    TRY(Add(node));
    operands_.push_back(LastNode());
    return {};
  }
  Status PushMatch(const Node& match);
  [[nodiscard]] uint32_t LastNode() const { return static_cast<uint32_t>(out_.syntax.nodes.size() - 1); }
  void Append(Pending& list, uint32_t node);
  uint32_t TakeOperand();
  [[nodiscard]] Node Compared(CompareOp op, uint32_t left, uint32_t right, uint32_t at) const;
  static Node MatchOf(CompareOp op, uint32_t column, const Node& literal);

  Lexer lexer_;
  Columns& columns_;
  Parsed out_;
  Token token_;
  bool wants_operand_ = true;
  bool is_done_ = false;
  std::vector<uint32_t> operands_;
  std::vector<Pending> pending_;
  struct Known {
    std::string_view name;
    uint32_t node = kNone;
    uint32_t match = kNone;  ///< written last
  };
  std::array<Known, 4> known_;  // columns named before: most names of a long filter are one of few
  size_t known_next_ = 0;
};

/// The kind of a token that is a literal by itself, or kColumn.
NodeKind LiteralKindOf(TokenKind kind);

}  // namespace squire::where
