#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/progress_bar.h"
#include "cli/quantity.h"
#include "cli/signals.h"
#include "cli/target.h"
#include "cli/update_options.h"
#include "serve/answer_json.h"
#include "sync/follow.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire watch\n"
    "  squire watch ~/src/project --json      one object a line for each update\n";

/// Called on whatever thread follows; the main thread only waits meanwhile.
void PrintUpdate(Output& out, const sync::UpdateReport& report) {
  if (out.json()) {
    nlohmann::ordered_json line = {{"event", "updated"}};
    line.update(serve::ToJson(report));
    out.Json(line);
  } else {
    out.Line(out.style().Dim(TimeText(NowNs()).substr(11, 8)) + " " + ReportText(report));
  }
  out.Flush();
}

void PrintFailure(Output& out, const Error& error) {
  if (out.json()) {
    nlohmann::ordered_json line = {{"event", "failed"}};
    line.update(ErrorJson(error));
    out.Json(line);
    out.Flush();
  } else {
    out.Fail(error);
  }
}

Result<ExitCode> Run(Context& context, const UpdateArguments& arguments) {
  const sync::Location location = TRY(LocateTree(context.globals, arguments.tree));
  Output& out = context.out;
  ProgressBar bar(context.globals.progress, out.quiet());
  std::stop_source stop;  // by a signal, or because nobody reads stdout any more
  sync::FollowOptions options;
  options.update = TRY(ToUpdateOptions(arguments));
  options.update.progress = [&](const sync::Progress& progress) { bar.Show(progress); };
  options.update.waiting = [&](const std::string& sentence) { bar.Clear(), out.Note(sentence); };
  options.updated = [&](const sync::UpdateReport& report) {
    bar.Clear();
    PrintUpdate(out, report);
    if (out.closed()) stop.request_stop();
  };
  options.failed = [&](const Error& error) { bar.Clear(), PrintFailure(out, error); };
  options.notice = [&](const std::string& sentence) { bar.Clear(), out.Note(sentence); };
  const StopSignals signals([&] { bar.Clear(), out.Note("stopping; what was embedded is kept"); });
  const std::stop_callback also(signals.token(), [&] { stop.request_stop(); });
  out.Note(fmt::format("following {}; Ctrl-C ends it", location.tree));
  const auto ended = sync::Follow(location, options, stop.get_token());
  bar.Clear();
  // Being stopped is how this command ends well.
  if (!ended && !stop.stop_requested()) return ended.error();
  return signals.stopped() ? kInterrupted : kOk;
}

}  // namespace

void AddWatchCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<UpdateArguments>();
  CLI::App* command = AddCommand(app, context, "watch", "Index a tree, then follow its edits until stopped", kExamples,
                                 [arguments](Context& c) { return Run(c, *arguments); });
  AddUpdateOptions(*command, *arguments);
}

}  // namespace squire::cli
