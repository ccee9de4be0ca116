#include <charconv>
#include <filesystem>
#include <memory>

#include "base/try.h"
#include "cli/command.h"
#include "cli/search_options.h"
#include "cli/target.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire similar src/http/retry.py:42\n"
    "  squire similar notes/2026-11-02.md -k 5\n"
    "  squire similar lib/parse.c:100 --path 'tests/**' --by-file 1\n";

struct Arguments {
  std::string place;
  SearchArguments search;
};

/// "FILE:LINE" or "FILE": the file as it is there, whatever its name, with line 1 where none is given.
Result<sync::Place> ParsePlace(const std::string& text) {
  std::error_code error;
  const size_t colon = text.rfind(':');
  sync::Place place{text, 1};
  if (colon == std::string::npos || std::filesystem::exists(text, error)) return place;
  const char *begin = text.data() + colon + 1, *end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, place.line);
  if (parsed.ec != std::errc() || parsed.ptr != end || place.line < 1)
    return InvalidArgument("a place is FILE:LINE with a line from 1 on, not '" + text + "'");
  place.path.resize(colon);
  return place;
}

Result<ExitCode> Run(Context& context, Arguments& arguments) {
  namespace fs = std::filesystem;
  std::error_code error;
  sync::Place place = TRY(ParsePlace(arguments.place));
  const fs::path file = fs::absolute(place.path, error).lexically_normal();
  std::string start = arguments.search.tree;
  if (start.empty() && context.globals.db.empty())
    start = file.parent_path().string();  // else the index knows its tree
  const sync::Location location = TRY(LocateTree(context.globals, start));
  place.path = fs::weakly_canonical(file, error).lexically_relative(fs::weakly_canonical(location.tree)).string();
  if (place.path.empty() || place.path.starts_with("..")) return NotFound("the file is not in the tree", file.string());
  arguments.search.request.like = place;
  auto index = TRY(sync::Index::Open(location));
  EndWithAnswer(TRY(index.Search(arguments.search.request)), arguments.search, context.out);
}

}  // namespace

void AddSimilarCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = AddCommand(app, context, "similar", "Find the chunks that are like the one at a place", kExamples,
                                 [arguments](Context& c) { return Run(c, *arguments); });
  command->add_option("PLACE", arguments->place, "FILE:LINE of a file in the index; without a line its first")
      ->required()
      ->type_name("");
  command->add_option("--tree", arguments->search.tree, "The tree (default: that around the file)")->type_name("DIR");
  AddSearchOptions(*command, arguments->search);
}

}  // namespace squire::cli
