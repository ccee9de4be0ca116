#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "cli/command.h"
#include "cli/quantity.h"
#include "cli/target.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire prune                                keep only the newest version of this tree's index\n"
    "  squire prune notes.lance --older-than 7d    any Lance table\n"
    "  squire prune notes.lance --keep 10 --dry-run\n";

struct Arguments {
  std::string target, older_than = "0s";
  PruneRequest request;
};

Result<ExitCode> Run(Context& context, const Arguments& arguments) {
  PruneRequest request = arguments.request;
  request.older_than_s = TRY(ParseDuration(arguments.older_than));
  const auto lock = TRY(LockTarget(context.globals, arguments.target));
  Table table = TRY(OpenTarget(context.globals, arguments.target));
  const PruneStats stats = TRY(table.Prune(request));
  if (context.out.json()) {
    context.out.Json({{"dry_run", request.dry_run},
                      {"versions_removed", stats.versions_removed},
                      {"files_removed", stats.files_removed},
                      {"bytes_freed", stats.bytes_freed}});
  } else if (!context.out.quiet()) {
    context.out.Line(fmt::format("{}{} and {} removed, {} freed", request.dry_run ? "would be: " : "",
                                 Counted(stats.versions_removed, "version"), Counted(stats.files_removed, "file"),
                                 SizeText(stats.bytes_freed)));
  }
  return kOk;
}

}  // namespace

void AddPruneCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = AddCommand(app, context, "prune", "Remove old versions and the files that only they need",
                                 kExamples, [arguments](Context& c) { return Run(c, *arguments); });
  command->add_option("TREE_OR_TABLE", arguments->target, "A tree with an index, or a T.lance (default: this tree)")
      ->type_name("");
  command
      ->add_option("--older-than", arguments->older_than,
                   "Only versions older than this: 0s, 10m, 2h, 7d, 1w (default 0s)")
      ->type_name("AGE");
  command->add_option("--keep", arguments->request.keep_versions, "Keep the newest N versions (default 1)")
      ->type_name("N")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 53).description(""));
  command->add_flag("-n,--dry-run", arguments->request.dry_run, "Only tell what would be removed");
}

}  // namespace squire::cli
