#include <fmt/format.h>

#include <memory>

#include "base/try.h"
#include "cli/quantity.h"
#include "cli/rescue_targets.h"
#include "cli/target.h"

namespace squire::cli {
namespace {

using nlohmann::ordered_json;

constexpr char kCompactExamples[] =
    "Examples:\n"
    "  squire compact                  the table of this tree's index\n"
    "  squire compact notes.lance      any Lance table\n"
    "  squire compact ~/.app/lancedb   every table of a folder\n";

constexpr char kUpkeepExamples[] =
    "Examples:\n"
    "  squire upkeep                                  the table of this tree's index\n"
    "  squire upkeep ~/.app/lancedb --older-than 1h   every table of a folder, while its program runs\n";

void AddCompacted(const CompactStats& stats, Answer& answer) {
  answer.json.update(ordered_json{{"fragments_before", stats.fragments_before},
                                  {"fragments_after", stats.fragments_after},
                                  {"rows_dropped", stats.rows_dropped},
                                  {"bytes_written", stats.bytes_written}});
  answer.lines.push_back(fmt::format("{} made {}; {} dropped, {} written", Counted(stats.fragments_before, "fragment"),
                                     Counted(stats.fragments_after), Counted(stats.rows_dropped, "deleted row"),
                                     SizeText(stats.bytes_written)));
}

void AddPutOff(const std::vector<std::pair<const char*, const std::string*>>& stages, Answer& answer) {
  ordered_json put_off = ordered_json::object();
  for (const auto& [stage, why] : stages) {
    if (why->empty()) continue;
    put_off[stage] = *why;
    answer.lines.push_back(fmt::format("{} is put off: {}", stage, Printable(*why)));
  }
  answer.json["put_off"] = std::move(put_off);
}

Result<Answer> CompactOne(const Globals& globals, const std::string& path) {
  Table table = TRY(OpenTarget(globals, path));
  const CompactStats stats = TRY(table.Compact());
  Answer answer;
  answer.json = {{"version", table.version()}};
  AddCompacted(stats, answer);
  AddPutOff({{"compact", &stats.put_off}}, answer);
  return answer;
}

Result<Answer> KeepOne(const Globals& globals, const std::string& path, const PruneRequest& request) {
  Table table = TRY(OpenTarget(globals, path));
  const UpkeepStats stats = TRY(table.Optimize(request));
  Answer answer;
  answer.json = {{"version", table.version()}};
  AddCompacted(stats.compacted, answer);
  answer.json.update(ordered_json{{"versions_removed", stats.pruned.versions_removed},
                                  {"files_removed", stats.pruned.files_removed},
                                  {"freed_bytes", stats.pruned.bytes_freed}});
  answer.lines.push_back(fmt::format("{} and {} removed, {} freed", Counted(stats.pruned.versions_removed, "version"),
                                     Counted(stats.pruned.files_removed, "file"), SizeText(stats.pruned.bytes_freed)));
  AddPutOff({{"compact", &stats.compacted.put_off}, {"fold", &stats.put_off}, {"prune", &stats.pruned.put_off}},
            answer);
  return answer;
}

struct Arguments {
  std::string target, older_than = "7d";
};

CLI::App* AddTarget(CLI::App* command, std::string& target) {
  command->add_option("TARGET", target, "A T.lance, a folder of tables, or a tree with an index (default: this tree)")
      ->type_name("");
  return command;
}

Result<ExitCode> RunQuietly(Context& context, const std::string& target,
                            const std::function<Result<Answer>(const std::string& table)>& work) {
  return RunOnTables(context, target, /*lock=*/true,
                     [&](const std::string& table, const RescueProgressFunction&) -> Result<Answer> {
                       Answer answer = TRY(work(table));
                       if (context.out.quiet()) answer.lines.clear();
                       return answer;
                     });
}

}  // namespace

void AddCompactCommand(CLI::App& app, Context& context) {
  auto target = std::make_shared<std::string>();
  const auto run = [target](Context& c) {
    return RunQuietly(c, *target, [&](const std::string& table) { return CompactOne(c.globals, table); });
  };
  AddTarget(AddCommand(app, context, "compact", "Merge small fragments and drop deleted rows", kCompactExamples, run),
            *target);
}

void AddUpkeepCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  const auto run = [arguments](Context& c) -> Result<ExitCode> {
    const PruneRequest request{.older_than_s = TRY(ParseDuration(arguments->older_than))};
    return RunQuietly(c, arguments->target,
                      [&](const std::string& table) { return KeepOne(c.globals, table, request); });
  };
  CLI::App* command = AddCommand(app, context, "upkeep", "Do what is due: prune, merge, fold rows into indexes, prune",
                                 kUpkeepExamples, run);
  AddTarget(command, arguments->target);
  command
      ->add_option("--older-than", arguments->older_than,
                   "Only versions older than this: 0s, 10m, 2h, 7d, 1w (default 7d)")
      ->type_name("AGE");
}

}  // namespace squire::cli
