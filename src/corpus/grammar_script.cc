#include "corpus/grammar.h"

/// JavaScript (JSX is part of it), TypeScript and TSX: one table, as the grammars share their node types.

extern "C" const TSLanguage* tree_sitter_javascript();
extern "C" const TSLanguage* tree_sitter_typescript();
extern "C" const TSLanguage* tree_sitter_tsx();

namespace squire::corpus {
namespace {

constexpr NodeRule kRules[] = {
    {"comment", Role::kComment},
    {"decorator", Role::kComment},
    {"export_statement", Role::kWrapper},
    {"ambient_declaration", Role::kWrapper},
    {"lexical_declaration", Role::kWrapper},
    {"variable_declaration", Role::kWrapper},
    {"expression_statement", Role::kWrapper},
    {"function_declaration", Role::kFunction, "function", NameFrom::kName},
    {"generator_function_declaration", Role::kFunction, "function", NameFrom::kName},
    {"function_signature", Role::kFunction, "function", NameFrom::kName},
    {"method_definition", Role::kFunction, "method", NameFrom::kName},
    {"abstract_method_signature", Role::kFunction, "method", NameFrom::kName},
    {"class_declaration", Role::kContainer, "class", NameFrom::kName},
    {"abstract_class_declaration", Role::kContainer, "class", NameFrom::kName},
    {"interface_declaration", Role::kContainer, "interface", NameFrom::kName},
    {"enum_declaration", Role::kType, "enum", NameFrom::kName},
    {"type_alias_declaration", Role::kType, "type", NameFrom::kName},
    {"internal_module", Role::kScope, {}, NameFrom::kName},
    {"module", Role::kScope, {}, NameFrom::kName},
    {"variable_declarator", Role::kBinding, "variable", NameFrom::kName},
    {"assignment_expression", Role::kBinding, "variable", NameFrom::kLeft},
    {"field_definition", Role::kBinding, {}, NameFrom::kProperty},
    {"public_field_definition", Role::kBinding, {}, NameFrom::kProperty},
    {"pair", Role::kBinding, {}, NameFrom::kKey},
    {"arrow_function", Role::kFunctionValue},
    {"function_expression", Role::kFunctionValue},
    {"generator_function", Role::kFunctionValue},
    {"class", Role::kClassValue},
};

}  // namespace

constinit const Grammar kJavaScript = {"javascript", tree_sitter_javascript, kRules, "."};
constinit const Grammar kTypeScript = {"typescript", tree_sitter_typescript, kRules, "."};
constinit const Grammar kTsx = {"tsx", tree_sitter_tsx, kRules, "."};

}  // namespace squire::corpus
