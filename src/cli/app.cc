#include "cli/app.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/quantity.h"

namespace squire::cli {
namespace {

constexpr char kDescription[] = "Squire keeps a search index equal to a tree of code and Markdown.";
constexpr char kExamples[] =
    "Examples:\n"
    "  squire index                                 make or refresh the index of this tree\n"
    "  squire search \"where are retries limited\"    ask it\n"
    "  squire search -k 3 --lang python --json \"parse a date\"\n"
    "  squire similar src/retry.py:42               what is like this place\n"
    "  squire watch                                 keep it up to date\n"
    "  squire mcp ~/src/project                     serve an agent on stdin and stdout\n"
    "  squire table info notes.lance                look into any Lance table\n";

const std::map<std::string, ColorMode> kColorModes = {
    {"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}};
const std::map<std::string, ProgressMode> kProgressModes = {
    {"auto", ProgressMode::kAuto}, {"plain", ProgressMode::kPlain}, {"none", ProgressMode::kNone}};
constexpr std::pair<std::string_view, LogLevel> kLogLevels[] = {{"debug", LogLevel::kDebug},
                                                                {"info", LogLevel::kInfo},
                                                                {"warn", LogLevel::kWarn},
                                                                {"error", LogLevel::kError},
                                                                {"off", LogLevel::kOff}};

/// The options that stand before the command's name or after it, as the last of each command's.
void AddGlobals(CLI::App& app, Globals& globals) {
  const char* group = "Options of every command";
  app.set_help_flag("-h,--help", "Print this and exit")->group(group);
  if (app.get_option_no_throw("--version") == nullptr)  // of a table's scan it is another
    app.set_version_flag("--version", std::string("squire " SQUIRE_VERSION), "Print the version and exit")
        ->group(group);
  app.add_option("--db", globals.db, "The index folder, when it is not TREE/.squire")->type_name("DIR")->group(group);
  app.add_flag("--json", globals.json, "JSON on stdout, by the schemas of docs/json.md")->group(group);
  app.add_flag("-q,--quiet", globals.quiet, "No talk on stderr but errors")->group(group);
  app.add_option_function<std::string>(
         "--color", [&](const std::string& when) { globals.color = kColorModes.at(when); }, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}).description(""))
      ->type_name("WHEN")
      ->group(group);
  app.add_option_function<std::string>(
         "--progress", [&](const std::string& how) { globals.progress = kProgressModes.at(how); },
         "auto (a bar on a terminal), plain (lines) or none")
      ->check(CLI::IsMember({"auto", "plain", "none"}).description(""))
      ->type_name("HOW")
      ->group(group);
  app.add_option("--log-level", globals.log_level, "debug, info, warn, error or off, to stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}).description(""))
      ->type_name("LEVEL")
      ->group(group);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) AddGlobals(*command, globals);
}

void LogToStderr(const Globals& globals, Output& out) {
  const auto* level = std::ranges::find(kLogLevels, globals.log_level, &std::pair<std::string_view, LogLevel>::first);
  SetLogSink(level->second, [&out](LogLevel, std::string_view sentence) {
    out.Note(fmt::format("{} {}", TimeText(NowNs()).substr(11, 8), sentence));
  });
}

/// A person's shell may allow few descriptors where the system allows many.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void AddVersionCommand(CLI::App& app, Context& context) {
  AddCommand(app, context, "version", "Print the version", "", [](Context& c) -> Result<ExitCode> {
    if (c.out.json())
      c.out.Json({{"version", SQUIRE_VERSION}, {"lance_file_version", "2.2"}});
    else
      c.out.Line("squire " SQUIRE_VERSION);
    return kOk;
  });
}

void AddHelpCommand(CLI::App& app, Context& context) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto* help = AddCommand(app, context, "help", "Print help on a command", "Examples:\n  squire help search\n",
                          [&app, words](Context& c) -> Result<ExitCode> {
                            CLI::App* of = &app;
                            std::string above;
                            for (const std::string& word : *words) {
                              const auto found =
                                  of->get_subcommands([&](CLI::App* sub) { return sub->get_name() == word; });
                              if (found.empty()) return InvalidArgument(fmt::format("there is no command '{}'", word));
                              above += (above.empty() ? "" : " ") + of->get_name();
                              of = found.front();
                            }
                            c.out.Write(of->help(above));
                            return kOk;
                          });
  help->add_option("COMMAND", *words, "The command, e.g. search or table scan");
}

void Describe(CLI::App& app, Context& context) {
  app.name("squire");
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.footer(std::string(kExamples) + "\n" + kExitCodeHelp);
  AddIndexCommand(app, context);
  AddSearchCommand(app, context);
  AddSimilarCommand(app, context);
  AddStatusCommand(app, context);
  AddWatchCommand(app, context);
  AddMcpCommand(app, context);
  AddCompactCommand(app, context);
  AddDoctorCommand(app, context);
  AddHealthCommand(app, context);
  AddUpkeepCommand(app, context);
  AddPruneCommand(app, context);
  AddVerifyCommand(app, context);
  AddRepairCommand(app, context);
  AddTableCommand(app, context);
  AddVersionCommand(app, context);
  AddHelpCommand(app, context);
  AddGlobals(app, context.globals);
}

/// Which command the arguments reached, for "squire search --help".
std::string CommandPath(const CLI::App& app) {
  std::string path = "squire";
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  return path;
}

ExitCode UsageError(const CLI::App& app, Context& context, std::span<const std::string_view> arguments,
                    std::string sentence) {
  context.globals.json = std::ranges::find(arguments, "--json") != arguments.end();
  context.out.Configure(context.globals);
  std::ranges::replace(sentence, '\n', ' ');
  while (sentence.ends_with(' ') || sentence.ends_with('.')) sentence.pop_back();
  const std::string command = CommandPath(app);
  if (const auto unknown = app.remaining(); command == "squire" && !unknown.empty())
    sentence = fmt::format("there is no command or option '{}'", unknown.front());
  const bool is_question = command == "squire search";
  if (is_question && (sentence.starts_with("QUERY is required") || sentence.find("expected: -") != std::string::npos))
    sentence += "; a question that begins with - goes behind --, after all options";
  else if (is_question && sentence.find("not expected") != std::string::npos)
    sentence += "; a question of several words goes in quotes";
  return context.out.Fail(InvalidArgument(fmt::format("{} (see {} --help)", sentence, command)));
}

ExitCode ParseAndRun(CLI::App& app, Context& context, int argc, const char* const* argv) {
  const std::vector<std::string_view> arguments(argv + std::min(argc, 1), argv + argc);
  if (arguments.empty()) {
    context.out.Write(app.help());
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* of = &app;
    std::string above;
    for (; !of->get_subcommands().empty(); of = of->get_subcommands().front())
      above += (above.empty() ? "" : " ") + of->get_name();
    context.out.Write(of->help(above));
    return kOk;
  } catch (const CLI::CallForVersion& version) {
    context.out.Line(version.what());
    return kOk;
  } catch (const CLI::ParseError& error) {
    return UsageError(app, context, arguments, error.what());
  }
  context.out.Configure(context.globals);
  LogToStderr(context.globals, context.out);
  const auto code = context.run(context);
  return code ? *code : context.out.Fail(code.error());
}

}  // namespace

CLI::App* AddCommand(CLI::App& parent, Context& context, const char* name, const char* description, const char* footer,
                     std::function<Result<ExitCode>(Context&)> run) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer(footer);
  command->callback([&context, run = std::move(run)] {
    if (!context.run) context.run = run;  // the innermost command's callback comes first
  });
  return command;
}

int RunSquire(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is met where we write
  RaiseDescriptorLimit();
  Context context;
  try {
    CLI::App app(kDescription);
    Describe(app, context);
    return context.out.Finish(ParseAndRun(app, context, argc, argv));
  } catch (const std::bad_alloc&) {
    return context.out.Finish(context.out.Fail(OverBudget("out of memory")));
  } catch (const std::exception& error) {
    return context.out.Finish(context.out.Fail(Internal(error.what())));
  }
}

}  // namespace squire::cli
