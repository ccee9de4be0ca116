#include "corpus/grammar.h"

extern "C" const TSLanguage* tree_sitter_rust();

namespace squire::corpus {
namespace {

constexpr NodeRule kRules[] = {
    {"line_comment", Role::kComment},
    {"block_comment", Role::kComment},
    {"attribute_item", Role::kComment},
    {"function_item", Role::kFunction, "function", NameFrom::kName},
    {"function_signature_item", Role::kFunction, "function", NameFrom::kName},
    {"macro_definition", Role::kFunction, "macro", NameFrom::kName},
    {"impl_item", Role::kContainer, "impl", NameFrom::kType},
    {"trait_item", Role::kContainer, "trait", NameFrom::kName},
    {"struct_item", Role::kType, "struct", NameFrom::kName},
    {"union_item", Role::kType, "union", NameFrom::kName},
    {"enum_item", Role::kType, "enum", NameFrom::kName},
    {"type_item", Role::kType, "type", NameFrom::kName},
    {"const_item", Role::kVariable, "constant", NameFrom::kName},
    {"static_item", Role::kVariable, "variable", NameFrom::kName},
    {"mod_item", Role::kScope, {}, NameFrom::kName},
    {"closure_expression", Role::kFunctionValue},
};

}  // namespace

constinit const Grammar kRust = {"rust", tree_sitter_rust, kRules, "::"};

}  // namespace squire::corpus
