#pragma once

/// The commands: each file command_*.cc describes one to the parser and runs it. The context belongs to the main
/// thread.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/output.h"

namespace squire::cli {

/// What the parser found and what a command needs to run.
struct Context {
  Globals globals;
  Output out;
  /// Runs the command that was named; set while parsing.
  std::function<Result<ExitCode>(Context&)> run;
};

/// Adds a command to `parent` that, when named, runs `run`. `footer`: examples.
/// REQUIRES: context outlives the parser.
CLI::App* AddCommand(CLI::App& parent, Context& context, const char* name, const char* description, const char* footer,
                     std::function<Result<ExitCode>(Context&)> run);

void AddIndexCommand(CLI::App& app, Context& context);
void AddSearchCommand(CLI::App& app, Context& context);
void AddSimilarCommand(CLI::App& app, Context& context);
void AddStatusCommand(CLI::App& app, Context& context);
void AddWatchCommand(CLI::App& app, Context& context);
void AddMcpCommand(CLI::App& app, Context& context);
void AddCompactCommand(CLI::App& app, Context& context);
void AddDoctorCommand(CLI::App& app, Context& context);
void AddHealthCommand(CLI::App& app, Context& context);
void AddPruneCommand(CLI::App& app, Context& context);
void AddUpkeepCommand(CLI::App& app, Context& context);
void AddVerifyCommand(CLI::App& app, Context& context);
void AddRepairCommand(CLI::App& app, Context& context);
void AddTableCommand(CLI::App& app, Context& context);
void AddTableScanCommand(CLI::App& table, Context& context);

}  // namespace squire::cli
