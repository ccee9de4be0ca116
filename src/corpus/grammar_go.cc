#include "corpus/grammar.h"

extern "C" const TSLanguage* tree_sitter_go();

namespace squire::corpus {
namespace {

constexpr NodeRule kRules[] = {
    {"comment", Role::kComment},
    {"function_declaration", Role::kFunction, "function", NameFrom::kName},
    {"method_declaration", Role::kFunction, "method", NameFrom::kReceiver},
    {"type_declaration", Role::kWrapper},
    {"type_spec", Role::kType, "type", NameFrom::kName},
    {"type_alias", Role::kType, "type", NameFrom::kName},
    {"const_declaration", Role::kVariable, "constant", NameFrom::kFirstSpec},
    {"var_declaration", Role::kVariable, "variable", NameFrom::kFirstSpec},
    {"func_literal", Role::kFunctionValue},
};

}  // namespace

constinit const Grammar kGo = {"go", tree_sitter_go, kRules, "."};

}  // namespace squire::corpus
