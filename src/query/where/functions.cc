#include "query/where/functions.h"

#include <vector>

#include "query/where/columns.h"
#include "query/where/lexer.h"

namespace squire::where {
namespace {

// The first entry of a function is the name that messages use.
constexpr FunctionInfo kFunctions[] = {
    {"starts_with", Function::kStartsWith, 2, 2},
    {"ends_with", Function::kEndsWith, 2, 2},
    {"contains", Function::kContains, 2, 2},
    {"lower", Function::kLower, 1, 1},
    {"upper", Function::kUpper, 1, 1},
    {"length", Function::kLength, 1, 1},
    {"char_length", Function::kLength, 1, 1},
    {"character_length", Function::kLength, 1, 1},
    {"octet_length", Function::kOctetLength, 1, 1},
    {"trim", Function::kTrim, 1, 2},
    {"btrim", Function::kTrim, 1, 2},
    {"ltrim", Function::kLeftTrim, 1, 2},
    {"rtrim", Function::kRightTrim, 1, 2},
    {"substr", Function::kSubstring, 2, 3},
    {"substring", Function::kSubstring, 2, 3},
    {"left", Function::kLeft, 2, 2},
    {"right", Function::kRight, 2, 2},
    {"replace", Function::kReplace, 3, 3},
    {"strpos", Function::kStrpos, 2, 2},
    {"concat", Function::kConcat, 1, kArgumentsMax},
    {"||", Function::kConcatOp, 2, 2},
    {"coalesce", Function::kCoalesce, 1, kArgumentsMax},
    {"abs", Function::kAbs, 1, 1},
};

}  // namespace

const FunctionInfo* FindFunction(std::string_view name) {
  for (const FunctionInfo& info : kFunctions) {
    if (IsWord(name, info.name)) return &info;
  }
  return nullptr;
}

const FunctionInfo& InfoOf(Function function) {
  for (const FunctionInfo& info : kFunctions) {
    if (info.function == function) return info;
  }
  return kFunctions[0];
}

std::string NoSuchFunction(std::string_view name) {
  for (const std::string_view regular : {"regexp_like", "regexp_match", "regexp_replace", "regexp_count"}) {
    if (IsWord(name, regular))
      return std::string(name) + " is not supported: there are no regular expressions, but LIKE, contains and others";
  }
  std::vector<std::string_view> names;
  for (const FunctionInfo& info : kFunctions) names.push_back(info.name);
  return "there is no function '" + std::string(name) + "'" + NearNames(name, names);
}

}  // namespace squire::where
