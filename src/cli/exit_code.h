#pragma once

/// Exit codes of the program: one a kind of outcome, the same for every command. Plain values.

#include "squire/error.h"

namespace squire::cli {

enum ExitCode : int {
  kOk = 0,
  kNoResult = 1,     ///< the search found nothing
  kRed = 1,          ///< health: something that is done to the table fails
  kUsage = 2,        ///< the command line, or what it asks for, makes no sense
  kFilesFailed = 3,  ///< the index was made, but for some files
  kCorrupt = 4,      ///< stored bytes are damaged, or verify found problems
  kNoSpaceLeft = 5,  ///< the disk is full
  kConflicting = 6,  ///< another process holds what is needed, or changed the same rows
  kOtherError = 7,
  kInterrupted = 130,  ///< stopped by Ctrl-C or SIGTERM
};

/// The exit code for a command that ended with an error of this kind.
ExitCode ExitCodeOf(Code code);

/// The list of exit codes that --help ends with.
extern const char kExitCodeHelp[];

}  // namespace squire::cli
