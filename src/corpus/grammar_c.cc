#include "corpus/grammar.h"

/// C and C++: one table; the node types of C are a subset of those of C++.

extern "C" const TSLanguage* tree_sitter_c();
extern "C" const TSLanguage* tree_sitter_cpp();

namespace squire::corpus {
namespace {

constexpr NodeRule kRules[] = {
    {"comment", Role::kComment},
    {"attribute_declaration", Role::kComment},
    {"function_definition", Role::kFunction, "function", NameFrom::kDeclarator},
    {"class_specifier", Role::kContainer, "class", NameFrom::kName, true},
    {"struct_specifier", Role::kContainer, "struct", NameFrom::kName, true},
    {"union_specifier", Role::kContainer, "union", NameFrom::kName, true},
    {"enum_specifier", Role::kType, "enum", NameFrom::kName, true},
    {"type_definition", Role::kTypedef, "type", NameFrom::kDeclarator},
    {"alias_declaration", Role::kType, "type", NameFrom::kName},
    {"concept_definition", Role::kType, "concept", NameFrom::kName},
    {"preproc_function_def", Role::kFunction, "macro", NameFrom::kName},
    {"declaration", Role::kDeclaration, "variable", NameFrom::kDeclarator},
    {"template_declaration", Role::kWrapper},
    {"namespace_definition", Role::kScope, {}, NameFrom::kName},
    {"lambda_expression", Role::kFunctionValue},
};

}  // namespace

constinit const Grammar kC = {"c", tree_sitter_c, kRules, "::"};
constinit const Grammar kCpp = {"cpp", tree_sitter_cpp, kRules, "::"};

}  // namespace squire::corpus
