// Chains of AND and OR: equalities on one column become a key set, and arms of an OR that each ask for a key of one
// column and for more are found by that key.

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "query/where/binder.h"

namespace squire::where {
namespace {

constexpr size_t kChainMin = 4;   // shorter chains are compared one by one
constexpr size_t kSharedMax = 8;  // different residuals that are evaluated for all rows, not for those of their keys
constexpr size_t kDescriptionMax = 4096;
constexpr uint8_t kKeyedDepthMax = 4;  // of arms that are found by key in what such arms ask besides
constexpr size_t kKeyColumnsMax = 8;   // columns that the arms of one OR are grouped by, one after the other

}  // namespace

/// True for `c = x`, which an arm of an OR can be found by.
bool Binder::IsArmKey(const Node& node) const { return node.kind == NodeKind::kMatch && IsKey(node, true); }

/// True when `node` holds for the keys of one column: `c = x` or `c IN (..)` in an OR, their denials in an AND.
bool Binder::IsKey(const Node& node, bool is_or) const {
  if (node.kind == NodeKind::kMatch)
    return static_cast<CompareOp>(node.op) == (is_or ? CompareOp::kEqual : CompareOp::kNotEqual) &&
           static_cast<NodeKind>(node.c) != NodeKind::kNull;
  return node.kind == NodeKind::kIn && syntax_.nodes[node.a].kind == NodeKind::kColumn &&
         ((node.flags & kNegated) != 0) == !is_or;
}

/// The number of the key that `literal`, not null, is; -1 when no row of the type can have it.
Result<int64_t> Binder::AddKey(const ValueType& type, const Node& literal, KeyTable& keys) {
  if (literal.kind == NodeKind::kString && type.is_string() && !(literal.flags & kEscaped))
    return int64_t{keys.Insert(syntax_.Content(literal))};  // most keys: no copy on the way
  if (type.kind == Kind::kNull) return -1;
  auto match = FitMatch(type, CompareOp::kEqual, TRY(ValueOf(literal)));
  if (!match) return Wrong(literal.at, match.error().message);
  if (match->form == Match::Form::kNever) return -1;
  return int64_t{keys.has_words() ? keys.Insert(WordKey(*match)) : keys.Insert(TextKey(*match))};
}

Result<void> Binder::AddKeys(const Node& node, KeySet& set) {
  const ValueType type = TypeOf(out_.columns.paths()[set.path].type);
  if (node.kind == NodeKind::kMatch) {
    TRY(AddKey(type, {static_cast<NodeKind>(node.c), 0, node.flags, node.at, node.b}, set.keys));
    return {};
  }
  uint32_t count = node.c;
  for (uint32_t link = node.b; count > 0; link = syntax_.links[link].next, count--) {
    const Node& literal = syntax_.nodes[syntax_.links[link].node];
    if (literal.kind == NodeKind::kNull)
      set.has_null = true;
    else
      TRY(AddKey(type, literal, set.keys));
  }
  return {};
}

/// Adds the number of keys of `node` and of their bytes.
void Binder::AddSize(const Node& node, size_t& count, size_t& bytes) const {
  if (node.kind == NodeKind::kMatch) {
    count++;
    bytes += node.b;
    return;
  }
  count += node.c;
  uint32_t left = node.c;
  for (uint32_t link = node.b; left > 0; link = syntax_.links[link].next, left--)
    bytes += syntax_.nodes[syntax_.links[link].node].a;
}

Result<uint32_t> Binder::AddSet(uint32_t path, std::span<const uint32_t> nodes) {
  KeySet set{path, false, KeyTable(HasWordKeys(TypeOf(out_.columns.paths()[path].type)))};
  size_t count = 0, bytes = 0;
  for (const uint32_t node : nodes) AddSize(syntax_.nodes[node], count, bytes);
  set.keys.Reserve(count, bytes);
  for (const uint32_t node : nodes) TRY(AddKeys(syntax_.nodes[node], set));
  out_.sets.push_back(std::move(set));
  return static_cast<uint32_t>(out_.sets.size() - 1);
}

/// The link of the arm's first key of column `path`, or kNone.
uint32_t Binder::KeyLinkOf(uint32_t arm, uint32_t path) const {
  const Node& node = syntax_.nodes[arm];
  uint32_t count = node.c;
  for (uint32_t link = node.a; count > 0; link = syntax_.links[link].next, count--) {
    const Node& child = syntax_.nodes[syntax_.links[link].node];
    if (IsArmKey(child) && PathOf(child.a) == path) return link;
  }
  return kNone;
}

/// Takes the arms that ask for a key of the column that most of them ask for; empty when these are few.
std::vector<Binder::Arm> Binder::TakeArms(std::vector<uint32_t>& arms, uint32_t& path) const {
  std::vector<size_t> counts(out_.columns.paths().size());
  for (const uint32_t arm : arms) {
    const Node& node = syntax_.nodes[arm];
    uint32_t count = node.c;
    uint32_t last = kNone;  // a column is counted once where its keys stand side by side
    for (uint32_t link = node.a; count > 0; link = syntax_.links[link].next, count--) {
      const Node& child = syntax_.nodes[syntax_.links[link].node];
      if (!IsArmKey(child) || PathOf(child.a) == last) continue;
      last = PathOf(child.a);
      counts[last]++;
    }
  }
  std::vector<Arm> taken;
  taken.reserve(arms.size());
  const auto most = std::ranges::max_element(counts);
  if (most == counts.end() || *most < kChainMin) return taken;
  path = static_cast<uint32_t>(most - counts.begin());
  std::erase_if(arms, [&](uint32_t arm) {
    const uint32_t link = KeyLinkOf(arm, path);
    if (link != kNone) taken.push_back({arm, link});
    return link != kNone;
  });
  return taken;
}

void Binder::VisitList(uint32_t link, uint32_t count, uint32_t skip) {
  for (; count > 0; link = syntax_.links[link].next, count--) {
    if (link != skip) visits_.push_back({syntax_.links[link].node, kNone});
  }
}

/// Writes down one node and queues its children.
void Binder::DescribeNode(const Arm& visit) {
  const Node& node = syntax_.nodes[visit.node];
  Put(description_,
      static_cast<uint32_t>(node.kind) | static_cast<uint32_t>(node.op) << 8 | static_cast<uint32_t>(node.flags) << 16);
  switch (node.kind) {
    case NodeKind::kMatch:
      Put(description_, PathOf(node.a));
      Put(description_, node.b);
      Put(description_, node.c);
      description_.append(syntax_.text.substr(node.at, node.b));
      return;
    case NodeKind::kAnd:
    case NodeKind::kOr:
      Put(description_, node.c - (visit.key_link != kNone));
      return VisitList(node.a, node.c, visit.key_link);
    case NodeKind::kIn:
    case NodeKind::kBetween:
      Put(description_, node.c);
      visits_.push_back({node.a, kNone});
      return VisitList(node.b, node.c, kNone);
    case NodeKind::kCall:
      Put(description_, node.a);
      Put(description_, node.c);
      return VisitList(node.b, node.c, kNone);
    case NodeKind::kColumn: return Put(description_, node.a);
    case NodeKind::kCast:
      Put(description_, node.b);
      visits_.push_back({node.a, kNone});
      return;
    case NodeKind::kLike: Put(description_, node.c); [[fallthrough]];
    case NodeKind::kCompare:
    case NodeKind::kArithmetic:
    case NodeKind::kDistinct: visits_.push_back({node.b, kNone}); [[fallthrough]];
    case NodeKind::kNot:
    case NodeKind::kNegate:
    case NodeKind::kIsNull:
    case NodeKind::kIsTrue:
    case NodeKind::kIsFalse: visits_.push_back({node.a, kNone}); return;
    default: Put(description_, node.a); description_.append(syntax_.text.substr(node.at, node.a));
  }
}

/// Writes down what an arm asks besides its key, so that equal residuals have equal descriptions. Long ones are all
/// different: what is nested deep would be written down again at each level.
void Binder::Describe(const Arm& arm) {
  description_.clear();
  visits_.assign(1, arm);
  while (!visits_.empty() && description_.size() + visits_.size() <= kDescriptionMax) {
    const Arm visit = visits_.back();
    visits_.pop_back();
    DescribeNode(visit);
  }
  if (visits_.empty()) return;
  description_ = "arm";
  Put(description_, arm.node);
}

/// True when the arm asks nothing but for columns against values.
bool Binder::IsOfMatches(const Arm& arm) const {
  const Node& node = syntax_.nodes[arm.node];
  uint32_t count = node.c;
  for (uint32_t link = node.a; count > 0; link = syntax_.links[link].next, count--) {
    if (syntax_.nodes[syntax_.links[link].node].kind != NodeKind::kMatch) return false;
  }
  return true;
}

/// True when both arms ask for a key and the same one thing besides.
bool Binder::AskTheSame(const Arm& a, const Arm& b) const {
  const auto rest = [&](const Arm& arm) {
    const Node& node = syntax_.nodes[arm.node];
    return syntax_.links[arm.key_link == node.a ? node.b : node.a].node;
  };
  return syntax_.nodes[a.node].c == 2 && syntax_.nodes[b.node].c == 2 && rest(a) == rest(b);
}

/// Arms that ask for a key of `path`, as children of the OR that is being expanded.
Result<void> Binder::AddArms(uint32_t path, const std::vector<Arm>& arms) {
  KeyTable known(false);
  std::vector<Arm> residuals;  // one arm of each
  std::vector<uint32_t> residual_of;
  residual_of.reserve(arms.size());
  for (const Arm& arm : arms) {
    // Most arms ask the same as the one before them.
    if (!residual_of.empty() && AskTheSame(arm, (&arm)[-1])) {
      residual_of.push_back(residual_of.back());
      continue;
    }
    Describe(arm);
    const uint32_t residual = known.Insert(description_);
    if (residual == residuals.size()) residuals.push_back(arm);
    residual_of.push_back(residual);
  }
  if (residuals.size() > kSharedMax && depth_ >= kKeyedDepthMax &&
      !std::ranges::all_of(residuals, [&](const Arm& arm) { return IsOfMatches(arm); })) {
    for (const Arm& arm : arms) AddChild(arm.node);
    return {};
  }
  TRY(CheckRoom(residuals.size()));
  if (residuals.size() > kSharedMax) return AddKeyed(path, arms, std::move(residuals), residual_of);
  std::vector<std::vector<uint32_t>> nodes(residuals.size());
  for (auto& keys : nodes) keys.reserve(residuals.size() == 1 ? arms.size() : 0);
  for (size_t i = 0; i < arms.size(); i++) nodes[residual_of[i]].push_back(syntax_.links[arms[i].key_link].node);
  for (size_t i = 0; i < residuals.size(); i++) {
    synthetics_.push_back({TRY(AddSet(path, nodes[i])), residuals[i]});
    Expr both;
    both.kind = ExprKind::kAnd;
    both.payload = static_cast<uint32_t>(synthetics_.size() - 1);
    both.depth = depth_;
    out_.exprs.push_back(both);
  }
  return {};
}

Result<void> Binder::AddKeyed(uint32_t path, const std::vector<Arm>& arms, std::vector<Arm> residuals,
                              const std::vector<uint32_t>& residual_of) {
  const ValueType type = TypeOf(out_.columns.paths()[path].type);
  Keyed keyed{path, KeyTable(HasWordKeys(type)), {}, {}};
  size_t count = 0, bytes = 0;
  for (const Arm& arm : arms) AddSize(syntax_.nodes[syntax_.links[arm.key_link].node], count, bytes);
  keyed.keys.Reserve(count, bytes);
  keyed.heads.reserve(count);
  keyed.entries.reserve(count);
  for (size_t i = 0; i < arms.size(); i++) {
    const Node& match = syntax_.nodes[syntax_.links[arms[i].key_link].node];
    const Node literal{static_cast<NodeKind>(match.c), 0, match.flags, match.at, match.b};
    const int64_t key = TRY(AddKey(type, literal, keyed.keys));
    if (key < 0) continue;  // one that no row has
    const auto index = static_cast<size_t>(key);
    if (index == keyed.heads.size()) keyed.heads.push_back(kNone);
    keyed.entries.push_back({residual_of[i], keyed.heads[index]});
    keyed.heads[index] = static_cast<uint32_t>(keyed.entries.size() - 1);
  }
  Expr expr;
  expr.kind = ExprKind::kKeyed;
  expr.payload = static_cast<uint32_t>(out_.keyed.size());
  expr.depth = depth_;
  out_.exprs.push_back(expr);
  out_.keyed.push_back(std::move(keyed));
  residuals_.push_back(std::move(residuals));
  return {};
}

Result<void> Binder::ExpandChain(uint32_t expr, const Node& node) {
  const bool is_or = node.kind == NodeKind::kOr;
  const uint32_t skip = std::exchange(out_.exprs[expr].skip, kNone);
  std::vector<uint32_t> rest, arms;
  std::vector<std::vector<uint32_t>> keys(out_.columns.paths().size());
  uint32_t count = node.c, only = kNone, kept = 0;
  arms.reserve(is_or ? node.c : 0);
  for (uint32_t link = node.a; count > 0; link = syntax_.links[link].next, count--) {
    if (link == skip) continue;
    const uint32_t child = only = syntax_.links[link].node;
    const Node& arm = syntax_.nodes[child];
    kept++;
    if (node.c >= kChainMin && IsKey(arm, is_or))
      keys[PathOf(arm.a)].push_back(child);
    else if (is_or && node.c >= kChainMin && arm.kind == NodeKind::kAnd)
      arms.push_back(child);
    else
      rest.push_back(child);
  }
  if (kept == 1) {
    out_.exprs[expr].node = only;
    return ExpandNode(expr);  // once: what is left of an arm is never a chain of the same kind, and ORs skip nothing
  }
  TRY(CheckRoom(rest.size() + arms.size()));
  out_.exprs[expr].node = kNone;
  const auto first = static_cast<uint32_t>(out_.exprs.size());
  for (const uint32_t child : rest) AddChild(child);
  for (uint32_t path = 0; path < keys.size(); path++) {
    if (keys[path].empty()) continue;
    if (keys[path].size() == 1) {
      AddChild(keys[path][0]);
      continue;
    }
    Expr set;
    set.kind = ExprKind::kSet;
    set.flags = is_or ? 0 : kNegated;
    set.payload = TRY(AddSet(path, keys[path]));
    out_.exprs.push_back(set);
  }
  uint32_t path = 0;
  for (size_t i = 0; i < kKeyColumnsMax && arms.size() >= kChainMin; i++) {
    const std::vector<Arm> taken = TakeArms(arms, path);
    if (taken.empty()) break;
    TRY(AddArms(path, taken));
  }
  for (const uint32_t arm : arms) AddChild(arm);
  Expr& made = out_.exprs[expr];
  made.kind = is_or ? ExprKind::kOr : ExprKind::kAnd;
  made.flags = 0;
  made.first = first;
  made.count = static_cast<uint32_t>(out_.exprs.size()) - first;
  return {};
}

}  // namespace squire::where
