#include "corpus/grammar.h"

extern "C" const TSLanguage* tree_sitter_python();

namespace squire::corpus {
namespace {

constexpr NodeRule kRules[] = {
    {"comment", Role::kComment},
    {"decorated_definition", Role::kWrapper},
    {"expression_statement", Role::kWrapper},
    {"function_definition", Role::kFunction, "function", NameFrom::kName},
    {"class_definition", Role::kContainer, "class", NameFrom::kName},
    {"assignment", Role::kVariable, "variable", NameFrom::kLeft},
    {"type_alias_statement", Role::kType, "type", NameFrom::kLeft},
    {"lambda", Role::kFunctionValue},
};

}  // namespace

constinit const Grammar kPython = {"python", tree_sitter_python, kRules, "."};

}  // namespace squire::corpus
