#include "corpus/skip.h"

namespace squire::corpus {

std::string_view SkipReasonName(SkipReason reason) {
  switch (reason) {
    case SkipReason::kVersionControl: return "version_control";
    case SkipReason::kExcluded: return "excluded";
    case SkipReason::kSecret: return "secret";
    case SkipReason::kSquireIgnore: return "squireignore";
    case SkipReason::kGitIgnore: return "gitignore";
    case SkipReason::kBuildOutput: return "build_output";
    case SkipReason::kBinary: return "binary";
    case SkipReason::kGenerated: return "generated";
    case SkipReason::kLockFile: return "lock_file";
    case SkipReason::kData: return "data";
    case SkipReason::kTooLarge: return "too_large";
    case SkipReason::kSymlink: return "symlink";
    case SkipReason::kSpecial: return "special";
    case SkipReason::kBadName: return "bad_name";
    case SkipReason::kTooDeep: return "too_deep";
    case SkipReason::kUnreadable: return "unreadable";
    case SkipReason::kVanished: return "vanished";
    case SkipReason::kNone: return "none";
  }
  return "none";
}

bool IsFailure(SkipReason reason) {
  return reason == SkipReason::kUnreadable || reason == SkipReason::kVanished || reason == SkipReason::kBadName ||
         reason == SkipReason::kTooDeep;
}

}  // namespace squire::corpus
