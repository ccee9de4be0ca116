#pragma once

/// What search and similar have in common: options of what is looked for, and how hits are shown. Plain functions.

#include <CLI/CLI.hpp>
#include <string>

#include "cli/output.h"
#include "sync/index.h"

namespace squire::cli {

struct SearchArguments {
  std::string tree;
  sync::SearchRequest request;
  bool explain = false;
};

/// Adds the options to `command`. REQUIRES: `arguments` outlives the parser.
void AddSearchOptions(CLI::App& command, SearchArguments& arguments);

/// Writes the answer and ends the process.
[[noreturn]] void EndWithAnswer(const sync::SearchAnswer& answer, const SearchArguments& arguments, Output& out);

}  // namespace squire::cli
