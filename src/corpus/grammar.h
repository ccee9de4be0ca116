#pragma once

/// Grammar: a tree-sitter language and what its node types mean to an outline. One table file a family of languages
/// (grammar_*.cc); a new language is a table and a line in grammar.cc. Immutable.

#include <tree_sitter/api.h>

#include <span>
#include <string_view>

namespace squire::corpus {

/// What a node is to the outline.
enum class Role : uint8_t {
  kPlain,          ///< Nothing by itself; looked into if it has several lines.
  kComment,        ///< A comment, attribute or annotation: belongs to what follows it directly.
  kWrapper,        ///< Lends its first line to the definition inside: export, decorator, template head.
  kScope,          ///< Qualifies names inside, is no item: a namespace, a module block.
  kFunction,       ///< An item; items inside are only told apart if both are big.
  kContainer,      ///< An item whose items are members: a class, an impl.
  kType,           ///< An item without members: an enum, a type alias.
  kTypedef,        ///< As kType; swallows the specifier inside.
  kVariable,       ///< An item if big and not inside a function.
  kDeclaration,    ///< C and C++: a prototype, or a variable.
  kBinding,        ///< A name given to a value: a function if the value is one.
  kFunctionValue,  ///< A function or lambda as a value.
  kClassValue,     ///< A class as a value.
};

/// Where a node's name is.
enum class NameFrom : uint8_t {
  kNone,
  kName,        ///< Field "name".
  kDeclarator,  ///< Field "declarator", down to the identifier.
  kType,        ///< Field "type", without its type arguments.
  kReceiver,    ///< Go: the receiver's type and field "name".
  kLeft,        ///< Field "left".
  kKey,         ///< Field "key".
  kProperty,    ///< Field "property" (JavaScript) or "name" (TypeScript).
  kFirstSpec,   ///< The name of the first child that has one.
};

struct NodeRule {
  std::string_view type;  ///< The node type's name in the grammar.
  Role role;
  std::string_view kind = {};  ///< The item's kind; a literal.
  NameFrom name = NameFrom::kNone;
  bool needs_body = false;  ///< Only with a field "body": `struct x y;` defines nothing.
};

struct Grammar {
  std::string_view lang;
  const TSLanguage* (*language)();
  std::span<const NodeRule> rules;
  std::string_view separator;  ///< Between the parts of a qualified name.
};

/// The grammar for a language's name (language.h), or null if it is cut by other means.
const Grammar* GrammarOf(std::string_view lang);

extern const Grammar kPython, kJavaScript, kTypeScript, kTsx, kGo, kRust, kJava, kC, kCpp;

}  // namespace squire::corpus
