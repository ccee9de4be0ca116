#include <fmt/format.h>

#include <memory>

#include "base/try.h"
#include "cli/quantity.h"
#include "cli/rescue_targets.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire repair notes.lance --dry-run    what would be done, and what is lost\n"
    "  squire repair notes.lance\n"
    "  squire repair ~/.app/lancedb           every table of a LanceDB folder\n";

using nlohmann::ordered_json;

ordered_json ReportJson(const RepairReport& report) {
  ordered_json fragments = ordered_json::array(), columns = ordered_json::array(), indexes = ordered_json::array();
  for (const auto& lost : report.fragments)
    fragments.push_back({{"fragment", lost.id}, {"lost_rows", lost.rows}, {"why", lost.why}});
  for (const auto& column : report.columns)
    columns.push_back({{"fragment", column.fragment},
                       {"column", column.column},
                       {"lost_values", column.lost_values},
                       {"why", column.why}});
  for (const auto& index : report.indexes)
    indexes.push_back({{"name", index.name}, {"action", index.is_rebuilt ? "rebuilt" : "dropped"}, {"why", index.why}});
  return {{"dry_run", report.dry_run},
          {"repaired", report.changes_anything()},
          {"version", report.version},
          {"set_aside", report.set_aside},
          {"fragments", std::move(fragments)},
          {"columns", std::move(columns)},
          {"indexes", std::move(indexes)},
          {"corrected", report.corrected},
          {"left", report.left},
          {"lost_rows", report.lost_rows},
          {"lost_values", report.lost_values},
          {"restored_rows", report.restored_rows}};
}

std::vector<std::string> ReportLines(const RepairReport& report, const Style& style) {
  std::vector<std::string> out;
  for (uint64_t version : report.set_aside)
    out.push_back(fmt::format("version {}: its manifest is torn, and set aside in _squire/aside", version));
  for (const auto& lost : report.fragments)
    out.push_back(fmt::format("fragment {}: {} {}, for {}", lost.id, Counted(lost.rows, "row"), style.Bad("lost"),
                              Printable(lost.why)));
  for (const auto& column : report.columns)
    out.push_back(fmt::format("fragment {}: column '{}' written anew, {} {}, for {}", column.fragment,
                              Printable(column.column), Counted(column.lost_values, "value"), style.Bad("lost"),
                              Printable(column.why)));
  for (const auto& index : report.indexes)
    out.push_back(fmt::format("index '{}' {}, for {}", Printable(index.name),
                              index.is_rebuilt ? "rebuilt" : "dropped (make it again with the program that made it)",
                              Printable(index.why)));
  for (const std::string& what : report.corrected) out.push_back("corrected " + Printable(what));
  for (const std::string& what : report.left) out.push_back(style.Bad("left") + " " + Printable(what));
  std::string sum = !report.changes_anything() ? "nothing to repair"
                    : report.dry_run           ? "would be repaired"
                                               : "repaired";
  sum += fmt::format(": version {}", report.version);
  if (report.lost_rows > 0) sum += fmt::format(", {} lost", Counted(report.lost_rows, "row"));
  if (report.lost_values > 0) sum += fmt::format(", {} lost", Counted(report.lost_values, "value"));
  if (report.restored_rows > 0) sum += fmt::format(", {} back", Counted(report.restored_rows, "deleted row"));
  out.push_back(std::move(sum));
  return out;
}

}  // namespace

void AddRepairCommand(CLI::App& app, Context& context) {
  struct Arguments {
    std::string target;
    bool dry_run = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = AddCommand(
      app, context, "repair", "Make a damaged table whole, and tell what is lost", kExamples,
      [arguments](Context& c) -> Result<ExitCode> {
        const auto work = [&](const std::string& table, const RescueProgressFunction& progress) -> Result<Answer> {
          const RepairReport report = TRY(Repair(table, {arguments->dry_run, progress}));
          return Answer{ReportJson(report), ReportLines(report, c.out.style()), report.left.empty() ? kOk : kCorrupt};
        };
        return RunOnTables(c, arguments->target, /*lock=*/!arguments->dry_run, work);
      });
  command
      ->add_option("TARGET", arguments->target,
                   "A T.lance, a folder of tables, or a tree with an index (default: this tree)")
      ->type_name("");
  command->add_flag("-n,--dry-run", arguments->dry_run, "Only tell what would be done");
}

}  // namespace squire::cli
