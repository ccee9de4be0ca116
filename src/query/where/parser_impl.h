#pragma once

/// The parser's state, shared by its two halves: operands (parser_operand.cc) and operators (parser.cc). Belongs to one
/// call of Parse.

#include "query/where/functions.h"
#include "query/where/lexer.h"
#include "query/where/parser.h"

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
    uint32_t a = 0;  ///< function of a call, escape of LIKE
    uint32_t first = kNone, last = kNone, count = 0;
  };
  static int PrecedenceOf(Wait wait);
  static bool IsBracket(Wait wait) { return wait <= Wait::kCast; }

  // Tokens.
  Result<void> Advance() { return lexer_.Next(token_); }
  Result<void> Expect(TokenKind kind, const char* what);
  [[nodiscard]] bool AtWord(std::string_view lower) const {
    return token_.kind == TokenKind::kName && IsWord(lexer_.Content(token_), lower);
  }
  [[nodiscard]] Error Expected(const std::string& what) const;

  // Operands.
  Result<void> Operand();
  Result<void> NameOperand();
  Result<void> ColumnOperand(const Token& name);
  Result<void> CallOperand(std::string_view name, uint32_t at);
  Result<void> Subscript();
  Result<std::string> NamePart();
  Result<void> LiteralOperand(NodeKind kind, uint8_t flags);
  Result<void> PushOperand(const Node& node);
  Result<DataType> TypeName();
  Result<DataType> DecimalType();

  // Operators.
  Result<bool> Operator();
  Result<void> NamedOperator();
  Result<void> Push(Wait wait, uint8_t op = 0, uint8_t flags = 0);
  Result<void> ReduceTo(int precedence);
  Result<void> Reduce();
  Result<void> Chain(Wait wait, int precedence);
  Result<void> Comparison();
  Result<void> IsOperator();
  Result<void> NegatedOperator();
  Result<void> InOperator(bool is_negated);
  Result<void> Escape();
  Result<void> CastTo(bool is_postfix);
  Result<void> Comma();
  Result<void> InList(const Pending& list);
  Result<void> Between(const Pending& between, uint32_t low, uint32_t high);
  Result<void> PushChain(NodeKind kind, const Pending& chain, const Pending& from);
  Result<void> Close();
  Result<void> End();

  // Nodes.
  Result<uint32_t> Add(const Node& node);
  void Append(Pending& list, uint32_t node);
  uint32_t TakeOperand();
  [[nodiscard]] Node Compared(CompareOp op, uint32_t left, uint32_t right, uint32_t at) const;
  static Node MatchOf(CompareOp op, uint32_t column, const Node& literal);

  Lexer lexer_;
  Columns& columns_;
  Parsed out_;
  Token token_;
  bool wants_operand_ = true;
  std::vector<uint32_t> operands_;
  std::vector<Pending> pending_;
  std::string_view last_name_;  // the column named last, which most often is named next
  uint32_t last_column_ = kNone;
};

/// The kind of a token that is a literal by itself, or kColumn.
NodeKind LiteralKindOf(TokenKind kind);

}  // namespace squire::where
