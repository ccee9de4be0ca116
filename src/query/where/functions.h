#pragma once

/// The functions of the filter language, by name. Constant tables.

#include <cstdint>
#include <string>
#include <string_view>

namespace squire::where {

enum class Function : uint8_t {
  kStartsWith,
  kEndsWith,
  kContains,
  kLower,
  kUpper,
  kLength,       ///< in characters
  kOctetLength,  ///< in bytes
  kTrim,
  kLeftTrim,
  kRightTrim,
  kSubstring,
  kLeft,
  kRight,
  kReplace,
  kStrpos,
  kConcat,    ///< passes over nulls
  kConcatOp,  ///< ||: null when either side is
  kCoalesce,
  kAbs,
};

struct FunctionInfo {
  std::string_view name;
  Function function;
  uint8_t args_min, args_max;
};

/// The arguments that one call may have.
inline constexpr uint8_t kArgumentsMax = 100;

/// The function called `name`, in whatever case, or null.
const FunctionInfo* FindFunction(std::string_view name);
const FunctionInfo& InfoOf(Function function);

/// What to say of a function that is not there.
std::string NoSuchFunction(std::string_view name);

}  // namespace squire::where
