#pragma once

/// Commands of first aid: on one table, or on every table of a folder, with an answer and an exit code for each.
/// Belongs to the main thread.

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "squire/rescue.h"

namespace squire::cli {

/// What became of one table.
struct Answer {
  nlohmann::ordered_json json;
  std::vector<std::string> lines;  ///< for people
  ExitCode code = kOk;
};

/// The table at `path` or of the index of the tree there; of a folder with tables below it, all.
struct Targets {
  std::vector<std::string> tables;
  bool is_folder = false;
};
Result<Targets> FindTargets(const Globals& globals, const std::string& path);

using TableWork = std::function<Result<Answer>(const std::string& table, const RescueProgressFunction& progress)>;

/// Runs `work` on each table of `target` and writes the answers: in a folder a list, where a failure is an answer too.
/// With `lock`, under the write lock of the index that a table is of. The exit code is the worst.
Result<ExitCode> RunOnTables(Context& context, const std::string& target, bool lock, const TableWork& work);

}  // namespace squire::cli
