#pragma once

/// A filter as it was written: nodes of a flat arena, children before their parents, values as places in the text.
/// Plain data; nothing owns a child, so a tree of any depth is freed at once.

#include <cstdint>
#include <string>
#include <vector>

#include "base/try.h"

namespace squire::where {

enum class NodeKind : uint8_t {
  kColumn,  ///< a = path
  kNull,    ///< literals: at = content in the text, a = its size
  kTrue,
  kFalse,
  kInteger,
  kFloat,
  kString,
  kHex,
  kDate,
  kTimestamp,
  kAnd,  ///< a, b = first and last link, c = how many
  kOr,
  kNot,         ///< a
  kMatch,       ///< column `op` literal: a = column node, b = size of the literal, c = its NodeKind
  kCompare,     ///< a `op` b
  kArithmetic,  ///< a `op` b
  kNegate,      ///< a
  kIsNull,      ///< a; kNegated
  kIsTrue,      ///< a; kNegated
  kIsFalse,     ///< a; kNegated
  kDistinct,    ///< a IS DISTINCT FROM b; kNegated
  kIn,          ///< a in the literals b = first link, c = how many; kNegated
  kBetween,     ///< a, no column, then the links b: low and high; kNegated
  kLike,        ///< a like b, c = escape character or 0; kNegated, kAnyCase
  kCall,        ///< a = function, b = first link, c = how many
  kCast,        ///< a as type b; kTry
};

enum class CompareOp : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
enum class ArithmeticOp : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kModulo };

enum NodeFlag : uint8_t {
  kNegated = 1,
  kEscaped = 2,  ///< the literal's text holds doubled quotes
  kMinus = 4,    ///< the literal number is negative
  kAnyCase = 8,
  kOnlyLiterals = 16,  ///< every item of the list is a literal
  kTry = 32,
};

inline constexpr uint32_t kNone = UINT32_MAX;

struct Node {
  NodeKind kind = NodeKind::kNull;
  uint8_t op = 0;
  uint8_t flags = 0;
  uint32_t at = 0;  ///< where it stands in the text; of a literal, its content
  uint32_t a = 0, b = 0, c = 0;
};

/// An entry of a list of nodes; lists are joined without a copy.
struct Link {
  uint32_t node = kNone;
  uint32_t next = kNone;
};

struct Syntax {
  std::string_view text;
  std::vector<Node> nodes;
  std::vector<Link> links;
  uint32_t root = kNone;

  [[nodiscard]] std::string_view Content(const Node& literal) const { return text.substr(literal.at, literal.a); }
  /// "the filter is not right at line 1, column 8: <what>"
  [[nodiscard]] Error Wrong(size_t at, const std::string& what) const;
};

inline bool IsLiteral(NodeKind kind) { return kind >= NodeKind::kNull && kind <= NodeKind::kTimestamp; }

/// `op` with its sides exchanged.
inline CompareOp Mirrored(CompareOp op) {
  switch (op) {
    case CompareOp::kLess: return CompareOp::kGreater;
    case CompareOp::kLessEqual: return CompareOp::kGreaterEqual;
    case CompareOp::kGreater: return CompareOp::kLess;
    case CompareOp::kGreaterEqual: return CompareOp::kLessEqual;
    default: return op;
  }
}

}  // namespace squire::where
