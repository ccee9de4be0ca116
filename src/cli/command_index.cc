#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "cli/command.h"
#include "cli/progress_bar.h"
#include "cli/signals.h"
#include "cli/target.h"
#include "cli/update_options.h"
#include "serve/answer_json.h"
#include "sync/index.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire index\n"
    "  squire index ~/src/project --exclude 'third_party/**'\n"
    "  squire index --dry-run --why\n"
    "  squire index --embedder http://localhost:11434 --model nomic-embed-text\n";

struct Arguments : UpdateArguments {
  bool dry_run = false, why = false, rebuild = false;
};

void PrintReport(Context& context, const Arguments& arguments, const sync::UpdateReport& report) {
  Output& out = context.out;
  if (out.json()) return out.Json(serve::ToJson(report));
  for (const sync::FileReason& reason : report.reasons) {
    if (arguments.why)
      out.Line(fmt::format("{:8} {}  {}", reason.what, Printable(reason.path),
                           out.style().Dim("(" + Printable(reason.why) + ")")));
    else if (reason.what == "failed")
      out.Note(fmt::format("failed: {}: {}", reason.path, reason.why));
  }
  if (!out.quiet()) out.Line((arguments.dry_run ? "would index " : "") + ReportText(report));
}

Result<ExitCode> Run(Context& context, const Arguments& arguments) {
  auto index = TRY(sync::Index::Open(TRY(LocateTree(context.globals, arguments.tree))));
  sync::UpdateOptions options = TRY(ToUpdateOptions(arguments));
  options.rebuild = arguments.rebuild;
  options.dry_run = arguments.dry_run;
  options.explain = arguments.why;
  ProgressBar bar(context.globals.progress, context.out.quiet());
  options.progress = [&](const sync::Progress& progress) { bar.Show(progress); };
  options.waiting = [&](const std::string& sentence) { bar.Clear(), context.out.Note(sentence); };
  const StopSignals signals([&] { bar.Clear(), context.out.Note("stopping; what was embedded is kept"); });
  options.stop = signals.token();
  const auto report = index.Update(options);
  bar.Clear();
  if (!report) return report.error();
  PrintReport(context, arguments, *report);
  return report->files_failed > 0 ? kFilesFailed : kOk;
}

}  // namespace

void AddIndexCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = AddCommand(app, context, "index", "Make or refresh the index of a tree", kExamples,
                                 [arguments](Context& c) { return Run(c, *arguments); });
  AddUpdateOptions(*command, *arguments);
  command->add_flag("-n,--dry-run", arguments->dry_run, "Only tell what would be done");
  command->add_flag("--why", arguments->why, "Tell of each file what is done with it, and why");
  command->add_flag("--rebuild", arguments->rebuild,
                    "Cut every file anew, with another model embed anew; vectors are reused");
}

}  // namespace squire::cli
