#include "corpus/syntax_walk.h"

#include <algorithm>

#include "corpus/utf8.h"

namespace squire::corpus {
namespace {

constexpr uint32_t kVariableTokensMin = 40;
constexpr uint32_t kCostPerLevel = 2;
constexpr uint32_t kLevelsMax = 64;
constexpr uint32_t kBeforeCloser = 3;
constexpr uint32_t kAfterComment = 3;
constexpr uint32_t kNoBlankBefore = 1;

using Type = std::string_view;

}  // namespace

SyntaxWalk::SyntaxWalk(const SyntaxOutliner& outliner, std::string_view text, const Lines& lines)
    : outliner_(outliner), text_(text), lines_(lines), nesting_(lines.count() + 2, 0) {}

SyntaxWalk::Span SyntaxWalk::SpanOf(TSNode node) const {
  const TSPoint start = ts_node_start_point(node), end = ts_node_end_point(node);
  const uint32_t last_line = lines_.count() - 1;  // REQUIRES of Run: there is a line
  uint32_t last = end.row;
  if (end.column == 0 && last > start.row) --last;  // it ends with the line end before
  return {std::min(start.row, last_line), std::min(last, last_line)};
}

const NodeRule* SyntaxWalk::RuleOf(TSNode node) const {
  const TSSymbol symbol = ts_node_symbol(node);
  const uint8_t rule = symbol < outliner_.rule_by_symbol_.size() ? outliner_.rule_by_symbol_[symbol] : 0;
  return rule == 0 ? nullptr : &outliner_.grammar_.rules[rule - 1];
}

Outline SyntaxWalk::Run(TSNode root) {
  outline_.rest_kind = "module";
  TSTreeCursor cursor = ts_tree_cursor_new(root);
  std::vector<Frame> frames(1);
  bool more = lines_.count() > 0 && ts_tree_cursor_goto_first_child(&cursor);
  while (more) {
    Frame inside = frames.back();
    bool enter = false;
    Visit(ts_tree_cursor_current_node(&cursor), frames.back(), inside, enter);
    if (enter && ts_tree_cursor_goto_first_child(&cursor)) {
      frames.push_back(inside);
      continue;
    }
    scope_.resize(frames.back().scope_bytes);
    while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
      if (frames.size() == 1 || !ts_tree_cursor_goto_parent(&cursor)) {
        more = false;
        break;
      }
      frames.pop_back();
      scope_.resize(frames.back().scope_bytes);
    }
  }
  ts_tree_cursor_delete(&cursor);
  FillCutCosts();
  return std::move(outline_);
}

void SyntaxWalk::Visit(TSNode node, Frame& frame, Frame& inside, bool& enter) {
  const Span span = SpanOf(node);
  if (span.last > span.first) {
    ++nesting_[span.first + 1];
    --nesting_[span.last + 1];
  }
  const NodeRule* rule = RuleOf(node);
  const Role role = rule ? rule->role : Role::kPlain;
  if (role == Role::kComment) return VisitComment(span, frame, rule->type.find("comment") == Type::npos);
  Span whole = span;
  if (frame.lends) whole.first = std::min(whole.first, frame.first);
  if (frame.has_lead && frame.lead_last + 1 >= span.first) whole.first = std::min(whole.first, frame.lead_first);
  frame.has_lead = false;
  frame.previous_last = span.last;

  inside.lends = inside.swallows = inside.has_lead = false;
  inside.previous_last = UINT32_MAX;
  enter = span.last > span.first;
  if (role == Role::kWrapper) {
    inside.lends = true;
    inside.first = whole.first;
    enter = enter || !frame.in_function;
  } else if (role == Role::kScope) {
    const std::string name = NameOf(node, rule->name);
    if (!name.empty() && scope_.size() < kNameBytesMax) {
      scope_ += name;
      scope_ += outliner_.grammar_.separator;
    }
    inside.scope_bytes = static_cast<uint32_t>(scope_.size());
  } else if (role == Role::kFunctionValue) {
    inside.in_function = frame.in_function || frame.item >= 0;
  } else if (role != Role::kPlain && role != Role::kClassValue && AddItem(node, *rule, whole, frame, inside)) {
    frame.lends = false;
  }
}

void SyntaxWalk::VisitComment(Span span, Frame& frame, bool is_attribute) {
  if (!is_attribute && span.first == frame.previous_last) return;  // at the end of a line of code
  if (!frame.has_lead || frame.lead_last + 1 < span.first) frame.lead_first = span.first;
  frame.has_lead = true;
  frame.lead_last = span.last;
}

bool SyntaxWalk::AddItem(TSNode node, const NodeRule& rule, Span span, const Frame& frame, Frame& inside) {
  if (frame.depth >= kNestingMax || frame.swallows) return false;
  if (rule.needs_body && ts_node_is_null(Field(node, outliner_.body_))) return false;
  Item item{span.first, span.last, rule.kind, {}, frame.item, rule.role == Role::kContainer, 0};
  std::string name = NameOf(node, rule.name);
  switch (rule.role) {
    case Role::kVariable:
      if (frame.in_function || span.first == span.last) return false;
      item.tokens_min = kVariableTokensMin;
      item.container = true;
      break;
    case Role::kBinding:
      if (!ResolveBinding(node, frame, item)) return false;
      break;
    case Role::kDeclaration:
      if (!ResolveDeclaration(node, frame, item, name)) return false;
      break;
    case Role::kType:
    case Role::kTypedef: item.kind = RefinedKind(node, rule.kind); break;
    default: break;
  }
  const bool is_function = item.kind == "function" || item.kind == "method";
  const bool in_type =
      frame.item >= 0 && outline_.items[frame.item].container && outline_.items[frame.item].kind != "variable";
  const bool out_of_line = outliner_.grammar_.separator == "::" && name.find("::") != std::string::npos;
  if (item.kind == "function" && (in_type || out_of_line)) item.kind = "method";
  item.name = scope_ + name;
  if (name.empty() && !scope_.empty()) item.name.resize(scope_.size() - outliner_.grammar_.separator.size());
  item.name.resize(Utf8Floor(item.name, kNameBytesMax));
  outline_.items.push_back(std::move(item));
  inside.item = static_cast<int32_t>(outline_.items.size() - 1);
  inside.depth = frame.depth + 1;
  inside.in_function = is_function;
  inside.swallows = rule.role == Role::kTypedef;
  if (!name.empty() && scope_.size() < kNameBytesMax) {
    scope_ += name;
    scope_ += outliner_.grammar_.separator;
  }
  inside.scope_bytes = static_cast<uint32_t>(scope_.size());
  return true;
}

/// A Go type or a C typedef is called by what it defines.
std::string_view SyntaxWalk::RefinedKind(TSNode node, std::string_view kind) const {
  if (kind != "type") return kind;
  const TSNode type = Field(node, outliner_.type_);
  if (ts_node_is_null(type)) return kind;
  const Type name = ts_node_type(type);
  if (name == "struct_type" || name == "struct_specifier") return "struct";
  if (name == "interface_type") return "interface";
  if (name == "enum_specifier") return "enum";
  if (name == "union_specifier") return "union";
  return kind;
}

bool SyntaxWalk::ResolveBinding(TSNode node, const Frame& frame, Item& item) {
  TSNode value = Field(node, outliner_.value_);
  if (ts_node_is_null(value)) value = Field(node, outliner_.right_);
  const NodeRule* rule = ts_node_is_null(value) ? nullptr : RuleOf(value);
  if (rule && rule->role == Role::kFunctionValue) {
    item.kind = "function";
    return true;
  }
  item.container = true;
  if (rule && rule->role == Role::kClassValue) {
    item.kind = "class";
    return true;
  }
  item.tokens_min = kVariableTokensMin;
  return !item.kind.empty() && !frame.in_function && item.last > item.first;
}

bool SyntaxWalk::ResolveDeclaration(TSNode node, const Frame& frame, Item& item, std::string_view name) {
  if (frame.in_function || name.empty()) return false;
  if (HasFunctionDeclarator(node)) {
    item.kind = "function";
    return true;
  }
  item.tokens_min = kVariableTokensMin;
  item.container = true;
  return item.last > item.first;
}

/// Cost of a cut before a line: how many nodes it would cut through, and whether it would part a comment from what it
/// is about or a closing bracket from its line.
void SyntaxWalk::FillCutCosts() {
  outline_.cut_cost.resize(lines_.count());
  int64_t depth = 0;
  bool comment_before = false;
  for (uint32_t line = 0; line < lines_.count(); ++line) {
    depth += nesting_[line];
    const std::string_view text = TrimBlanks(lines_.Line(line));
    uint32_t cost = static_cast<uint32_t>(std::clamp<int64_t>(depth, 0, kLevelsMax)) * kCostPerLevel;
    if (!text.empty() && (text[0] == '}' || text[0] == ')' || text[0] == ']')) cost += kBeforeCloser;
    if (comment_before) cost += kAfterComment;
    if (line > 0 && !lines_.blank(line - 1)) cost += kNoBlankBefore;
    outline_.cut_cost[line] = cost;
    comment_before = text.starts_with("//") || text.starts_with("#") || text.starts_with("*") ||
                     text.starts_with("/*") || text.starts_with("@");
  }
}

}  // namespace squire::corpus
