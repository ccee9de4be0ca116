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
    "  squire verify\n"
    "  squire verify notes.lance --json\n";

Result<ExitCode> Run(Context& context, const std::string& target) {
  const Table table = TRY(OpenTarget(context.globals, target));
  const VerifyReport report = table.Verify();
  Output& out = context.out;
  if (out.json()) {
    out.Json({{"version", table.version()},
              {"rows", report.rows},
              {"fragments", report.fragments},
              {"bytes_read", report.bytes_read},
              {"problems", report.problems}});
  } else {
    for (const std::string& problem : report.problems) out.Line(out.style().Bad("problem") + " " + Printable(problem));
    if (!out.quiet())
      out.Line(fmt::format("{}: version {}, {} in {}, {} read", report.problems.empty() ? "sound" : "damaged",
                           table.version(), Counted(report.rows, "row"), Counted(report.fragments, "fragment"),
                           SizeText(report.bytes_read)));
  }
  return report.problems.empty() ? kOk : kCorrupt;
}

}  // namespace

void AddVerifyCommand(CLI::App& app, Context& context) {
  auto target = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, context, "verify", "Read everything in a table and tell what is damaged",
                                 kExamples, [target](Context& c) { return Run(c, *target); });
  command->add_option("TREE_OR_TABLE", *target, "A tree with an index, or a T.lance (default: this tree)")
      ->type_name("");
}

}  // namespace squire::cli
