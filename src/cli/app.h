#pragma once

/// The program: arguments in, exit code out. Called once, by main.

namespace squire::cli {

/// Parses `arguments` (the first is the program's name), runs the command, and says what went wrong if anything did.
int RunSquire(int argc, const char* const* argv);

}  // namespace squire::cli
