#pragma once

/// A filter bound to a schema: expressions in a flat arena, parents before their children, each with its type; values,
/// matches and key sets beside them. Immutable once bound, then shared freely.

#include <memory>
#include <vector>

#include "query/where/columns.h"
#include "query/where/functions.h"
#include "query/where/key_table.h"
#include "query/where/match.h"
#include "query/where/syntax.h"

namespace squire::where {

enum class ExprKind : uint8_t {
  kLiteral,  ///< payload = value
  kColumn,   ///< payload = path
  kMatch,    ///< payload = match
  kSet,      ///< child in payload = key set; kNegated
  kKeyed,    ///< payload = keyed; children: the column, then the residuals
  kAnd,
  kOr,
  kNot,
  kIsNull,      ///< kNegated
  kIsTrue,      ///< kNegated
  kIsFalse,     ///< kNegated
  kDistinct,    ///< kNegated
  kCompare,     ///< op
  kBetween,     ///< children: value, low, high; kNegated
  kLike,        ///< payload = escape character; kNegated, kAnyCase
  kCall,        ///< payload = function
  kCast,        ///< payload = type; kTry
  kArithmetic,  ///< op
  kNegate,
};

/// Of an expression below nothing but AND and OR: whether it is false or unknown makes no difference.
inline constexpr uint8_t kPositive = 64;

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  uint8_t op = 0;
  uint8_t flags = 0;
  ValueType type;
  uint32_t at = 0;                ///< in the text
  uint32_t first = 0, count = 0;  ///< children
  uint32_t payload = 0;
  uint32_t node = kNone;  ///< not expanded yet: the syntax it stands for
  uint32_t skip = kNone;  ///< a link of `node` that is left out
  uint8_t depth = 0;      ///< kKeyed expressions above it
};

/// Keys of which a row's value is one, or unknown when it is not and a null was among them.
struct KeySet {
  uint32_t path = 0;
  bool has_null = false;
  KeyTable keys;
};

/// An OR of arms that each ask for a key of one column and for more: which residuals belong to a key.
struct Keyed {
  struct Entry {
    uint32_t residual = 0;  ///< from 0
    uint32_t next = kNone;  ///< of the same key
  };
  uint32_t path = 0;
  KeyTable keys;
  std::vector<uint32_t> heads;  ///< by key: an entry
  std::vector<Entry> entries;
};

struct Bound {
  std::vector<Expr> exprs;  ///< the filter itself comes first
  std::vector<Value> values;
  std::vector<Match> matches;
  std::vector<KeySet> sets;
  std::vector<Keyed> keyed;
  std::vector<ValueType> cast_types;
  Columns columns;

  [[nodiscard]] bool IsLiteral(uint32_t expr) const { return exprs[expr].kind == ExprKind::kLiteral; }
  [[nodiscard]] const Value& ValueOf(uint32_t literal) const { return values[exprs[literal].payload]; }
};

/// What is to come of a text: a condition, or any value.
enum class BindAs : uint8_t { kCondition, kValue };

/// Parses and binds `text`; it is not needed afterwards. ERRORS: InvalidArgument with the place.
Result<Bound> Bind(std::string_view text, const Schema& schema, BindAs as = BindAs::kCondition);

/// Whether CAST goes from one type to another.
bool IsCastable(const ValueType& from, const ValueType& to);

}  // namespace squire::where
