#include "cli/rescue_targets.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/try.h"
#include "cli/quantity.h"
#include "cli/target.h"

namespace squire::cli {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// Lines of progress on stderr, now and then; on a terminal, by default, in place.
class ProgressLine {
 public:
  ProgressLine(const Context& context, size_t tables) : out_(const_cast<Output&>(context.out)), tables_(tables) {
    const bool is_terminal = isatty(STDERR_FILENO) == 1;
    is_on_ = !context.out.quiet() && (context.globals.progress == ProgressMode::kPlain ||
                                      (context.globals.progress == ProgressMode::kAuto && is_terminal));
  }
  void Begin(const std::string& table) {
    table_ = table;
    number_++;
    if (is_on_ && tables_ > 1) out_.Note(fmt::format("table {} of {}: {}", number_, tables_, table));
  }
  void Tell(const RescueProgress& progress) {
    const auto now = Clock::now();
    if (!is_on_ || now - told_ < std::chrono::seconds(1)) return;
    told_ = now;
    out_.Note(fmt::format("{}: {} {} of {}", table_, progress.stage, Counted(progress.done), Counted(progress.total)));
  }

 private:
  Output& out_;
  size_t tables_, number_ = 0;
  bool is_on_ = false;
  std::string table_;
  Clock::time_point told_ = Clock::now();
};

bool HasTableWithin(const std::string& path) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".lance" && std::filesystem::is_directory(at->path() / "_versions", error))
      return true;
  return false;
}

}  // namespace

Result<Targets> FindTargets(const Globals& globals, const std::string& path) {
  std::error_code error;
  if (!path.empty() && (path.ends_with(".lance") || std::filesystem::is_directory(path + "/_versions", error)))
    return Targets{{path}, false};
  if (!path.empty() && HasTableWithin(path)) return Targets{TRY(FindTables(path)), true};
  const auto location = LocateTree(globals, path);
  if (location && std::filesystem::exists(location->table(), error)) return Targets{{location->table()}, false};
  if (!path.empty() && std::filesystem::is_directory(path, error)) return Targets{TRY(FindTables(path)), true};
  if (!location) return location.error();
  return NotFound("this is neither a Lance table nor a tree with an index (squire index makes one)",
                  path.empty() ? location->tree : path);
}

Result<ExitCode> RunOnTables(Context& context, const std::string& target, bool lock, const TableWork& work) {
  const Targets targets = TRY(FindTargets(context.globals, target));
  Output& out = context.out;
  ProgressLine line(context, targets.tables.size());
  ordered_json answers = ordered_json::array();
  ExitCode worst = kOk;
  for (const std::string& table : targets.tables) {
    line.Begin(table);
    const auto run = [&]() -> Result<Answer> {
      std::optional<sync::WriteLock> held;
      if (lock) held = TRY(LockTarget(context.globals, table));
      return work(table, [&](const RescueProgress& progress) { line.Tell(progress); });
    };
    auto answer = run();
    if (!answer && !targets.is_folder) return std::move(answer.error());
    const ExitCode code = answer ? answer->code : ExitCodeOf(answer.error().code);
    worst = std::max(worst, code);
    if (out.json()) {
      ordered_json document = {{"table", table}};
      document.update(answer ? answer->json : ErrorJson(answer.error()));
      answers.push_back(std::move(document));
      continue;
    }
    if (targets.is_folder) out.Line(out.style().Path(Printable(table)));
    if (!answer) out.Line(fmt::format("  {} {}", out.style().Bad("failed"), Printable(answer.error().ToString())));
    for (const std::string& text : answer ? answer->lines : std::vector<std::string>())
      out.Line((targets.is_folder ? "  " : "") + text);
  }
  if (out.json()) out.Json(targets.is_folder ? answers : answers.front());
  return worst;
}

}  // namespace squire::cli
