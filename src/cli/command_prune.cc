#include <fmt/format.h>

#include <memory>

#include "base/try.h"
#include "cli/quantity.h"
#include "cli/rescue_targets.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire prune                                keep only the newest version of this tree's index\n"
    "  squire prune notes.lance --older-than 7d    any Lance table\n"
    "  squire prune notes.lance --keep 10 --dry-run\n"
    "  squire prune ~/.app/lancedb --unverified    every table of a LanceDB folder, while its program is stopped\n";

struct Arguments {
  std::string target, older_than = "0s";
  PruneRequest request;
  bool unverified = false;
};

Result<Answer> PruneOne(const std::string& table, const PruneRequest& request) {
  const PruneReport report = TRY(Prune(table, request));
  Answer answer;
  answer.json = {
      {"dry_run", request.dry_run},
      {"versions_removed", report.versions_removed},
      {"files_removed", report.files_removed},
      {"bytes_freed", report.bytes_freed},
      {"freed_bytes", request.dry_run ? 0 : report.bytes_freed},
      {"kept",
       {{"tagged", report.versions_tagged}, {"young", report.versions_young}, {"in_use", report.versions_in_use}}},
      {"problems", report.problems}};
  if (request.dry_run) answer.json["would_free_bytes"] = report.bytes_freed;
  std::string sum = fmt::format("{}{} and {} removed, {} freed", request.dry_run ? "would be: " : "",
                                Counted(report.versions_removed, "version"), Counted(report.files_removed, "file"),
                                SizeText(report.bytes_freed));
  const auto keep = [&](uint64_t versions, const char* why) {
    if (versions > 0) sum += fmt::format("; {} {}", Counted(versions, "version"), why);
  };
  keep(report.versions_tagged, "held by tags or branches");
  keep(report.versions_young, "younger than that");
  keep(report.versions_in_use, "in use");
  answer.lines.push_back(std::move(sum));
  for (const std::string& problem : report.problems) answer.lines.push_back("problem " + Printable(problem));
  if (!report.failure) return answer;
  answer.json.update(ErrorJson(*report.failure));
  answer.lines.push_back("failed: " + Printable(report.failure->ToString()));
  answer.code = ExitCodeOf(report.failure->code);
  return answer;
}

Result<ExitCode> Run(Context& context, const Arguments& arguments) {
  PruneRequest request = arguments.request;
  request.older_than_s = TRY(ParseDuration(arguments.older_than));
  if (arguments.unverified) request.leftover_age_s = 0;
  return RunOnTables(context, arguments.target, /*lock=*/true,
                     [&](const std::string& table, const RescueProgressFunction&) -> Result<Answer> {
                       Answer answer = TRY(PruneOne(table, request));
                       if (context.out.quiet()) answer.lines.clear();
                       return answer;
                     });
}

}  // namespace

void AddPruneCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = AddCommand(app, context, "prune", "Remove old versions and the files that only they need",
                                 kExamples, [arguments](Context& c) { return Run(c, *arguments); });
  command
      ->add_option("TARGET", arguments->target,
                   "A T.lance, a folder of tables, or a tree with an index (default: this tree)")
      ->type_name("");
  command
      ->add_option("--older-than", arguments->older_than,
                   "Only versions older than this: 0s, 10m, 2h, 7d, 1w (default 0s)")
      ->type_name("AGE");
  command->add_option("--keep", arguments->request.keep_versions, "Keep the newest N versions (default 1)")
      ->type_name("N")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 53).description(""));
  command->add_flag("--unverified", arguments->unverified,
                    "Files that no version names go too, not at 7 days: while nobody writes");
  command->add_flag("-n,--dry-run", arguments->request.dry_run, "Only tell what would be removed");
}

}  // namespace squire::cli
