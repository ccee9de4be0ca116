/// The naming half of SyntaxWalk: where each language keeps the name of a definition.

#include <algorithm>

#include "corpus/syntax_walk.h"
#include "corpus/utf8.h"

namespace squire::corpus {
namespace {

constexpr int kDeclaratorDepthMax = 32;
constexpr int kSpecChildrenMax = 8;

using Type = std::string_view;

}  // namespace

TSNode SyntaxWalk::Field(TSNode node, TSFieldId field) const {
  return field == 0 ? TSNode{} : ts_node_child_by_field_id(node, field);
}

/// The node's text on one line, cut at kNameBytesMax.
std::string SyntaxWalk::TextOf(TSNode node) const {
  if (ts_node_is_null(node)) return {};
  const uint32_t start = ts_node_start_byte(node), end = ts_node_end_byte(node);
  if (start >= end || end > text_.size()) return {};
  const std::string_view raw = text_.substr(start, std::min<size_t>(end - start, kNameBytesMax * 2));
  std::string out;
  bool space = false;
  for (const char c : raw) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      space = !out.empty();
      continue;
    }
    if (space) out += ' ';
    space = false;
    out += c;
  }
  if (out.size() >= 2 && (out[0] == '"' || out[0] == '\'') && out.back() == out[0]) out = out.substr(1, out.size() - 2);
  out.resize(Utf8Floor(out, kNameBytesMax));
  return out;
}

std::string SyntaxWalk::NameOf(TSNode node, NameFrom from) const {
  switch (from) {
    case NameFrom::kNone: return {};
    case NameFrom::kName: return TextOf(Field(node, outliner_.name_));
    case NameFrom::kDeclarator: return DeclaratorName(node);
    case NameFrom::kType: return TypeName(Field(node, outliner_.type_));
    case NameFrom::kReceiver: return ReceiverName(node);
    case NameFrom::kLeft: return TextOf(Field(node, outliner_.left_));
    case NameFrom::kKey: return TextOf(Field(node, outliner_.key_));
    case NameFrom::kProperty: {
      const std::string name = TextOf(Field(node, outliner_.property_));
      return name.empty() ? TextOf(Field(node, outliner_.name_)) : name;
    }
    case NameFrom::kFirstSpec:
      for (uint32_t i = 0; i < std::min<uint32_t>(ts_node_named_child_count(node), kSpecChildrenMax); ++i) {
        const TSNode child = ts_node_named_child(node, i);
        std::string name = TextOf(Field(child, outliner_.name_));
        if (name.empty() && ts_node_named_child_count(child) > 0) {
          name = TextOf(Field(ts_node_named_child(child, 0), outliner_.name_));
        }
        if (!name.empty()) return name;
      }
      return {};
  }
  return {};
}

/// C's way: pointers, arrays, parameters and parentheses wrap the identifier.
std::string SyntaxWalk::DeclaratorName(TSNode node) const {
  TSNode at = Field(node, outliner_.declarator_);
  for (int i = 0; i < kDeclaratorDepthMax && !ts_node_is_null(at); ++i) {
    const Type type = ts_node_type(at);
    if (type == "operator_cast") {
      const std::string text = TextOf(at);
      return text.substr(0, text.find('('));
    }
    TSNode next = Field(at, outliner_.declarator_);
    if (ts_node_is_null(next) && type.ends_with("_declarator") && type != "variable_declarator") {
      const uint32_t children = ts_node_named_child_count(at);
      if (children > 0) next = ts_node_named_child(at, children - 1);
    }
    if (type == "variable_declarator") next = Field(at, outliner_.name_);
    if (ts_node_is_null(next)) return TextOf(at);
    at = next;
  }
  return TextOf(at);
}

bool SyntaxWalk::HasFunctionDeclarator(TSNode node) const {
  TSNode at = Field(node, outliner_.declarator_);
  for (int i = 0; i < kDeclaratorDepthMax && !ts_node_is_null(at); ++i) {
    const Type type = ts_node_type(at);
    if (type == "function_declarator") return true;
    if (type == "init_declarator") return false;
    at = Field(at, outliner_.declarator_);
  }
  return false;
}

/// `Vec` of `Vec<T>`, `S` of `&S`: the name that methods are called by.
std::string SyntaxWalk::TypeName(TSNode node) const {
  for (int i = 0; i < kDeclaratorDepthMax && !ts_node_is_null(node); ++i) {
    const TSNode inner = Field(node, outliner_.type_);
    if (ts_node_is_null(inner)) break;
    node = inner;
  }
  return TextOf(node);
}

/// `(s *Server[T]) Close` is `Server.Close`.
std::string SyntaxWalk::ReceiverName(TSNode node) const {
  const std::string name = TextOf(Field(node, outliner_.name_));
  std::string receiver = TextOf(Field(node, outliner_.receiver_));
  receiver = receiver.substr(0, receiver.find('['));
  const size_t end = receiver.find_last_not_of(") ,");
  if (end == std::string::npos) return name;
  receiver.resize(end + 1);
  const size_t from = receiver.find_last_of(" *(");
  if (from != std::string::npos) receiver = receiver.substr(from + 1);
  return receiver.empty() ? name : receiver + "." + name;
}

}  // namespace squire::corpus
