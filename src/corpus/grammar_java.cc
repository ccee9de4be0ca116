#include "corpus/grammar.h"

extern "C" const TSLanguage* tree_sitter_java();

namespace squire::corpus {
namespace {

constexpr NodeRule kRules[] = {
    {"line_comment", Role::kComment},
    {"block_comment", Role::kComment},
    {"class_declaration", Role::kContainer, "class", NameFrom::kName},
    {"record_declaration", Role::kContainer, "record", NameFrom::kName},
    {"interface_declaration", Role::kContainer, "interface", NameFrom::kName},
    {"annotation_type_declaration", Role::kContainer, "interface", NameFrom::kName},
    {"enum_declaration", Role::kContainer, "enum", NameFrom::kName},
    {"method_declaration", Role::kFunction, "method", NameFrom::kName},
    {"constructor_declaration", Role::kFunction, "method", NameFrom::kName},
    {"compact_constructor_declaration", Role::kFunction, "method", NameFrom::kName},
    {"field_declaration", Role::kVariable, "variable", NameFrom::kDeclarator},
    {"lambda_expression", Role::kFunctionValue},
};

}  // namespace

constinit const Grammar kJava = {"java", tree_sitter_java, kRules, "."};

}  // namespace squire::corpus
