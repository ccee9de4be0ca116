#include "cli/exit_code.h"

namespace squire::cli {

ExitCode ExitCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return kUsage;
    case Code::kCorruption: return kCorrupt;
    case Code::kNoSpace: return kNoSpaceLeft;
    case Code::kConflict:
    case Code::kCommitUnknown: return kConflicting;
    case Code::kCancelled: return kInterrupted;
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kUnsupported:
    case Code::kTooManyFiles:
    case Code::kOverBudget:
    case Code::kIo:
    case Code::kInternal: break;
  }
  return kOtherError;
}

const char kExitCodeHelp[] =
    "Exit codes: 0 ok, 1 nothing found (health: red), 2 usage, 3 some files failed, 4 corrupt, 5 no space,\n"
    "            6 conflict or locked, 7 other error, 130 interrupted.";

}  // namespace squire::cli
