#pragma once

/// The options of what makes an index: index, watch and mcp. Plain values.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "squire/result.h"
#include "sync/index.h"

namespace squire::cli {

struct UpdateArguments {
  std::string tree;
  std::vector<std::string> include, exclude;
  std::string max_file_size;  ///< empty: not given
  bool secrets = false;
  std::string max_bytes, min_free_disk;  ///< empty: not given
  uint64_t max_versions = 0;
  std::string embedder, model;
  int threads = 0;
};

/// Adds TREE and the options to `command`. REQUIRES: `arguments` outlives the parser.
void AddUpdateOptions(CLI::App& command, UpdateArguments& arguments);

/// The run that the arguments ask for. ERRORS: InvalidArgument.
Result<sync::UpdateOptions> ToUpdateOptions(const UpdateArguments& arguments);

/// What a run did, for people.
std::string ReportText(const sync::UpdateReport& report);

}  // namespace squire::cli
