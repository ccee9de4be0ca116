#pragma once

/// The steps from syntax to a bound filter: expand makes expressions of nodes, chains of equalities on one column
/// become key sets (chains.cc), types are checked and constants computed (typing.cc). Belongs to one call of Bind.

#include "query/where/bound.h"
#include "query/where/parser.h"

namespace squire::where {

class Binder {
 public:
  Binder(const Parsed& parsed, Bound& out) : syntax_(parsed.syntax), types_(parsed.types), out_(out) {}

  Result<void> Expand();
  Result<void> CheckTypes();
  Result<void> CheckCondition();

 private:
  /// An arm of an OR that asks for a key: the AND node and its link that does.
  struct Arm {
    uint32_t node = 0;
    uint32_t key_link = 0;
  };
  /// AND of a key set and of what the arm asks besides its key.
  struct Synthetic {
    uint32_t set = 0;
    Arm arm;
  };

  // expand.cc
  Result<void> ExpandNode(uint32_t expr);
  Result<void> ExpandIn(uint32_t expr, const Node& node);
  [[nodiscard]] Result<void> CheckRoom(size_t count) const;
  void ExpandSynthetic(uint32_t expr);
  void ExpandKeyed(uint32_t expr);
  uint32_t AddChild(uint32_t node);
  uint32_t AddColumn(uint32_t path);
  uint32_t AddValue(Value value);
  void AddList(uint32_t first_link, uint32_t count);
  Result<Value> ValueOf(NodeKind kind, uint8_t flags, size_t at, std::string_view text) const;
  Result<Value> ValueOf(const Node& literal) const;
  Result<Value> NumberOf(NodeKind kind, uint8_t flags, size_t at, std::string_view text) const;
  [[nodiscard]] uint32_t PathOf(uint32_t node) const;

  // chains.cc
  Result<void> ExpandChain(uint32_t expr, const Node& node);
  [[nodiscard]] bool IsKey(const Node& node, bool is_or) const;
  [[nodiscard]] bool IsArmKey(const Node& node) const;
  Result<uint32_t> AddSet(uint32_t path, std::span<const uint32_t> nodes);
  Result<void> AddKeys(const Node& node, KeySet& set);
  Result<int64_t> AddKey(const ValueType& type, const Node& literal, KeyTable& keys);
  void AddSize(const Node& node, size_t& count, size_t& bytes) const;
  [[nodiscard]] bool AskTheSame(const Arm& a, const Arm& b) const;
  std::vector<Arm> TakeArms(std::vector<uint32_t>& arms, uint32_t& path) const;
  [[nodiscard]] uint32_t KeyLinkOf(uint32_t arm, uint32_t path) const;
  Result<void> AddArms(uint32_t path, const std::vector<Arm>& arms);
  Result<void> AddKeyed(uint32_t path, const std::vector<Arm>& arms, std::vector<Arm> residuals,
                        const std::vector<uint32_t>& residual_of);
  void Describe(const Arm& arm);
  [[nodiscard]] bool IsOfMatches(const Arm& arm) const;
  void DescribeNode(const Arm& visit);
  void VisitList(uint32_t link, uint32_t count, uint32_t skip);

  // typing.cc
  Result<void> Check(uint32_t expr);
  Result<void> CheckChildrenAreBool(const Expr& expr, const char* what);
  Result<void> CheckCompare(Expr& expr);
  Result<void> CheckComparable(size_t at, uint32_t left, uint32_t right);
  Result<void> CheckSet(Expr& expr);
  Result<void> CheckArithmetic(Expr& expr);
  Result<void> CheckCall(Expr& expr);
  Result<void> CheckArgument(const Expr& call, uint32_t i);
  Result<void> CheckCast(Expr& expr);
  Result<void> MakeMatch(Expr& expr, uint32_t path, CompareOp op, const Value& value, size_t at);
  Result<void> Fold(uint32_t expr);
  void SetLiteral(Expr& expr, Value value);
  [[nodiscard]] Expr& Child(const Expr& expr, uint32_t i) { return out_.exprs[expr.first + i]; }
  [[nodiscard]] Error Wrong(size_t at, const std::string& what) const { return syntax_.Wrong(at, what); }

  const Syntax& syntax_;
  const std::vector<DataType>& types_;
  Bound& out_;
  std::vector<Synthetic> synthetics_;
  std::vector<std::vector<Arm>> residuals_;  // by keyed: one arm of each
  std::string description_;
  uint8_t depth_ = 0;        // of the expression that is being expanded
  std::vector<Arm> visits_;  // of Describe: nodes to come
};

}  // namespace squire::where
