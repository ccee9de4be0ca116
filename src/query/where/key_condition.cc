#include "query/where/key_condition.h"

#include <algorithm>
#include <bit>

#include "query/where/bound.h"

namespace squire::where {
namespace {

/// What one expression demands of the column, children first; refers to the filter's own sets and matches.
struct Demand {
  KeyCondition::Kind kind = KeyCondition::Kind::kAnything;
  size_t size = 0;                      ///< of kKeys: how many keys at most
  std::vector<const KeyTable*> tables;  ///< of kKeys: their keys together ...
  std::vector<const Match*> keys;       ///< ... with these
  const Match* lower = nullptr;         ///< of kRange
  const Match* upper = nullptr;
};

class Demands {
 public:
  Demands(const Bound& bound, uint32_t path) : bound_(bound), path_(path), demands_(bound.exprs.size()) {
    for (size_t i = demands_.size(); i-- > 0;) demands_[i] = Of(bound.exprs[i]);
  }
  [[nodiscard]] const Demand& root() const { return demands_[0]; }

 private:
  using Kind = KeyCondition::Kind;

  Demand Of(const Expr& expr) {
    Demand demand;
    switch (expr.kind) {
      case ExprKind::kMatch: return OfMatch(bound_.matches[expr.payload]);
      case ExprKind::kSet: {
        const KeySet& set = bound_.sets[expr.payload];
        if (set.path == path_ && !(expr.flags & kNegated)) demand = {Kind::kKeys, set.keys.size(), {&set.keys}, {}};
        return demand;
      }
      case ExprKind::kKeyed: {
        const Keyed& keyed = bound_.keyed[expr.payload];
        if (keyed.path == path_) demand = {Kind::kKeys, keyed.keys.size(), {&keyed.keys}, {}};
        return demand;
      }
      case ExprKind::kAnd: return OfAll(expr);
      case ExprKind::kOr: return OfAny(expr);
      default: return demand;
    }
  }

  Demand OfMatch(const Match& match) const {
    Demand demand;
    if (match.path != path_) return demand;
    if (match.form == Match::Form::kNever) demand.kind = Kind::kNothing;
    if (match.form == Match::Form::kNever || match.form == Match::Form::kAlways) return demand;
    switch (match.op) {
      case CompareOp::kEqual: return {Kind::kKeys, 1, {}, {&match}};
      case CompareOp::kNotEqual: return demand;
      case CompareOp::kLess:
      case CompareOp::kLessEqual: demand.upper = &match; break;
      case CompareOp::kGreater:
      case CompareOp::kGreaterEqual: demand.lower = &match; break;
    }
    demand.kind = Kind::kRange;
    return demand;
  }

  /// The strictest of the children's: nothing, then the fewest keys, then both ends of ranges.
  Demand OfAll(const Expr& expr) {
    Demand all;
    for (uint32_t i = 0; i < expr.count; i++) {
      Demand& child = demands_[expr.first + i];
      if (child.kind == Kind::kAnything || all.kind == Kind::kNothing) continue;
      const bool is_stricter = child.kind == Kind::kNothing || all.kind == Kind::kAnything ||
                               (child.kind == Kind::kKeys && (all.kind == Kind::kRange || child.size < all.size));
      if (is_stricter) {
        all = std::move(child);
      } else if (child.kind == Kind::kRange && all.kind == Kind::kRange) {
        if (all.lower == nullptr) all.lower = child.lower;
        if (all.upper == nullptr) all.upper = child.upper;
      }
    }
    return all;
  }

  /// Every child must demand keys, or nothing can be said.
  Demand OfAny(const Expr& expr) {
    Demand any;
    any.kind = Kind::kNothing;
    for (uint32_t i = 0; i < expr.count; i++) {
      Demand& child = demands_[expr.first + i];
      if (child.kind == Kind::kNothing) continue;
      if (child.kind != Kind::kKeys) return {};
      if (any.kind == Kind::kNothing) {
        any = std::move(child);
        continue;
      }
      any.size += child.size;
      any.tables.insert(any.tables.end(), child.tables.begin(), child.tables.end());
      any.keys.insert(any.keys.end(), child.keys.begin(), child.keys.end());
    }
    return any;
  }

  const Bound& bound_;
  uint32_t path_;
  std::vector<Demand> demands_;
};

/// Appends the value that a key or a match stands for, in the column's own type.
void AppendExact(const DataType& type, Int128 value, ArrayBuilder& out) {
  // Little endian and two's complement: the low bytes are the value in any width.
  if (type.id == TypeId::kBool) return out.AppendBool(value != 0);
  out.AppendBytes(&value, static_cast<size_t>(type.bit_width() / 8));
}

void AppendFloat(const DataType& type, double value, ArrayBuilder& out) {
  if (type.id == TypeId::kHalfFloat) return out.Append(DoubleToHalf(value));
  if (type.id == TypeId::kFloat) return out.Append(static_cast<float>(value));
  out.Append(value);
}

void AppendText(const DataType& type, std::string_view text, ArrayBuilder& out) {
  if (type.bit_width() == 0) return out.AppendText(text);
  if (text.size() == static_cast<size_t>(type.bit_width() / 8)) out.AppendBytes(text.data(), text.size());
}

void AppendMatch(const DataType& type, const Match& match, ArrayBuilder& out) {
  switch (match.form) {
    case Match::Form::kBool: return out.AppendBool(match.flag);
    case Match::Form::kFloat: return AppendFloat(type, match.number, out);
    case Match::Form::kText: return AppendText(type, match.text, out);
    default: return AppendExact(type, match.exact, out);
  }
}

void AppendKeys(const DataType& type, const KeyTable& keys, ArrayBuilder& out) {
  const bool is_float = TypeOf(type).kind == where::Kind::kFloat;
  for (size_t i = 0; i < keys.size(); i++) {
    if (!keys.has_words())
      AppendText(type, keys.text(i), out);
    else if (is_float)
      AppendFloat(type, std::bit_cast<double>(keys.word(i)), out);
    else
      AppendExact(type, static_cast<Int128>(keys.word(i)), out);
  }
}

Result<std::optional<KeyBound>> BoundOf(const DataType& type, const Match* match) {
  if (match == nullptr) return std::optional<KeyBound>();
  ArrayBuilder value(type);
  AppendMatch(type, *match, value);
  if (value.length() == 0) return std::optional<KeyBound>();  // bytes of another width than the column's
  const bool is_inclusive = match->op == CompareOp::kLessEqual || match->op == CompareOp::kGreaterEqual;
  return std::optional(KeyBound{TRY(value.Finish()), is_inclusive});
}

}  // namespace

Result<KeyCondition> ConditionOn(const Bound& bound, std::string_view column) {
  KeyCondition condition;
  const auto& paths = bound.columns.paths();
  const auto path = std::ranges::find_if(
      paths, [&](const Path& candidate) { return candidate.children.empty() && candidate.name == column; });
  if (path == paths.end()) return condition;
  const Demands demands(bound, static_cast<uint32_t>(path - paths.begin()));
  const Demand& root = demands.root();
  condition.kind = root.kind;
  if (root.kind == KeyCondition::Kind::kRange) {
    condition.lower = TRY(BoundOf(path->type, root.lower));
    condition.upper = TRY(BoundOf(path->type, root.upper));
    if (!condition.lower && !condition.upper) condition.kind = KeyCondition::Kind::kAnything;
  }
  if (root.kind != KeyCondition::Kind::kKeys) return condition;
  // Keys from several places may repeat: one table makes them distinct.
  KeyTable distinct(HasWordKeys(TypeOf(path->type)));
  const auto insert = [&](const auto& key) { distinct.Insert(key); };
  for (const KeyTable* table : root.tables) {
    for (size_t i = 0; i < table->size(); i++) {
      if (table->has_words())
        insert(table->word(i));
      else
        insert(table->text(i));
    }
  }
  for (const Match* match : root.keys) {
    if (distinct.has_words())
      insert(WordKey(*match));
    else
      insert(TextKey(*match));
  }
  ArrayBuilder keys(path->type);
  AppendKeys(path->type, distinct, keys);
  condition.keys = TRY(keys.Finish());
  if (condition.keys.length == 0) condition.kind = KeyCondition::Kind::kNothing;
  return condition;
}

}  // namespace squire::where
