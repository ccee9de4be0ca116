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
    "  squire compact                  the table of this tree's index\n"
    "  squire compact notes.lance      any Lance table\n";

Result<ExitCode> Run(Context& context, const std::string& target) {
  const auto lock = TRY(LockTarget(context.globals, target));
  Table table = TRY(OpenTarget(context.globals, target));
  const CompactStats stats = TRY(table.Compact());
  if (context.out.json()) {
    context.out.Json({{"version", table.version()},
                      {"fragments_before", stats.fragments_before},
                      {"fragments_after", stats.fragments_after},
                      {"rows_dropped", stats.rows_dropped},
                      {"bytes_written", stats.bytes_written}});
  } else if (!context.out.quiet()) {
    context.out.Line(fmt::format("{} made {}; {} dropped, {} written; version {}",
                                 Counted(stats.fragments_before, "fragment"), Counted(stats.fragments_after),
                                 Counted(stats.rows_dropped, "deleted row"), SizeText(stats.bytes_written),
                                 table.version()));
  }
  return kOk;
}

}  // namespace

void AddCompactCommand(CLI::App& app, Context& context) {
  auto target = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, context, "compact", "Merge small fragments and drop deleted rows", kExamples,
                                 [target](Context& c) { return Run(c, *target); });
  command->add_option("TREE_OR_TABLE", *target, "A tree with an index, or a T.lance (default: this tree)")
      ->type_name("");
}

}  // namespace squire::cli
