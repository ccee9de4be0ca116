#include <fmt/format.h>

#include <memory>

#include "base/try.h"
#include "cli/quantity.h"
#include "cli/rescue_targets.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire doctor                   the table of this tree's index\n"
    "  squire doctor notes.lance       any Lance table, also one that no longer opens\n"
    "  squire doctor ~/.app/lancedb    every table of a LanceDB folder\n";

using nlohmann::ordered_json;

ordered_json FindingsJson(const std::vector<Finding>& findings) {
  ordered_json out = ordered_json::array();
  for (const Finding& finding : findings)
    out.push_back({{"kind", finding.kind},
                   {"text", finding.text},
                   {"command", finding.command},
                   {"bytes", finding.bytes},
                   {"damage", finding.is_damage}});
  return out;
}

ordered_json ReportJson(const DoctorReport& report) {
  const ByteReport& bytes = report.bytes;
  return {{"version", report.version},
          {"versions", report.versions},
          {"fragments", report.fragments},
          {"rows", report.rows},
          {"bytes",
           {{"live", bytes.live},
            {"old_versions", bytes.old_versions},
            {"orphans", bytes.orphans},
            {"indexes", bytes.indexes},
            {"manifests", bytes.manifests},
            {"total", bytes.total}}},
          {"live", {{"data", bytes.live_data}, {"deletions", bytes.live_deletions}, {"indexes", bytes.live_indexes}}},
          {"deleted_rows_bytes", bytes.deleted_rows},
          {"problems", FindingsJson(report.problems)},
          {"remedies", FindingsJson(report.remedies)}};
}

std::vector<std::string> ReportLines(const DoctorReport& report, const Style& style) {
  const ByteReport& bytes = report.bytes;
  std::vector<std::string> out;
  out.push_back(fmt::format("version {}, {} in {}; {} and {} on disk", report.version, Counted(report.rows, "row"),
                            Counted(report.fragments, "fragment"), Counted(report.versions, "version"),
                            SizeText(bytes.total)));
  const auto place = [&](const char* name, uint64_t size, const std::string& of) {
    out.push_back(fmt::format("  {:<13} {:>8}{}", name, SizeText(size), of.empty() ? "" : style.Dim("  " + of)));
  };
  place("live", bytes.live,
        fmt::format("{} data, {} deletions, {} indexes", SizeText(bytes.live_data), SizeText(bytes.live_deletions),
                    SizeText(bytes.live_indexes)));
  place("old versions", bytes.old_versions,
        bytes.deleted_rows > 0 ? SizeText(bytes.deleted_rows) + " of it deleted rows in live files" : "");
  place("old indexes", bytes.indexes, "");
  place("orphans", bytes.orphans, "");
  place("manifests", bytes.manifests, "");
  const auto with_bytes = [](const Finding& finding) {
    return finding.bytes > 0 ? fmt::format(" ({})", SizeText(finding.bytes)) : std::string();
  };
  for (const Finding& problem : report.problems)
    out.push_back((problem.is_damage ? style.Bad("damage") : style.Bold("problem")) + " " + Printable(problem.text) +
                  with_bytes(problem));
  for (const Finding& remedy : report.remedies)
    out.push_back(style.Good("remedy") + " " + Printable(remedy.command) + with_bytes(remedy) +
                  style.Dim(": " + remedy.text));
  if (report.problems.empty()) out.push_back(style.Good("well"));
  return out;
}

}  // namespace

void AddDoctorCommand(CLI::App& app, Context& context) {
  auto target = std::make_shared<std::string>();
  CLI::App* command =
      AddCommand(app, context, "doctor", "Explain where a table's bytes are, what is wrong and what would help",
                 kExamples, [target](Context& c) -> Result<ExitCode> {
                   return RunOnTables(c, *target, /*lock=*/false,
                                      [&](const std::string& table, const RescueProgressFunction&) -> Result<Answer> {
                                        const DoctorReport report = TRY(Doctor(table));
                                        return Answer{ReportJson(report), ReportLines(report, c.out.style()),
                                                      report.is_damaged() ? kCorrupt : kOk};
                                      });
                 });
  command->add_option("TARGET", *target, "A T.lance, a folder of tables, or a tree with an index (default: this tree)")
      ->type_name("");
}

}  // namespace squire::cli
