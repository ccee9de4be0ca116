#include <fmt/format.h>

#include <memory>

#include "base/try.h"
#include "cli/quantity.h"
#include "cli/rescue_targets.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire verify                         manifests, files, footers and counts of this tree's index\n"
    "  squire verify notes.lance --deep      every page of any Lance table, and its indexes against its rows\n"
    "  squire verify ~/.app/lancedb --json   every table of a LanceDB folder\n";

Answer ToAnswer(const TableVerifyReport& report, const Output& out) {
  Answer answer;
  answer.code = report.problems.empty() ? kOk : kCorrupt;
  answer.json = {{"version", report.version},     {"versions", report.versions},   {"rows", report.rows},
                 {"fragments", report.fragments}, {"indexes", report.indexes},     {"bytes_read", report.bytes_read},
                 {"deep", report.deep},           {"unchecked", report.unchecked}, {"notes", report.notes},
                 {"problems", report.problems}};
  for (const std::string& problem : report.problems)
    answer.lines.push_back(out.style().Bad("problem") + " " + Printable(problem));
  if (out.quiet()) return answer;
  for (const std::string& what : report.unchecked)
    answer.lines.push_back(out.style().Dim("not checked") + " " + Printable(what));
  for (const std::string& what : report.notes) answer.lines.push_back(out.style().Dim("note") + " " + Printable(what));
  std::string sum = fmt::format("{}: version {}, {} in {}", report.problems.empty() ? "sound" : "damaged",
                                report.version, Counted(report.rows, "row"), Counted(report.fragments, "fragment"));
  if (report.deep) sum += fmt::format(", {} read", SizeText(report.bytes_read));
  answer.lines.push_back(std::move(sum));
  return answer;
}

}  // namespace

void AddVerifyCommand(CLI::App& app, Context& context) {
  struct Arguments {
    std::string target;
    bool deep = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = AddCommand(app, context, "verify", "Check a table and tell what is damaged", kExamples,
                                 [arguments](Context& c) -> Result<ExitCode> {
                                   const auto work = [&](const std::string& table,
                                                         const RescueProgressFunction& progress) -> Result<Answer> {
                                     return ToAnswer(TRY(Verify(table, {arguments->deep, progress})), c.out);
                                   };
                                   return RunOnTables(c, arguments->target, /*lock=*/false, work);
                                 });
  command
      ->add_option("TARGET", arguments->target,
                   "A T.lance, a folder of tables, or a tree with an index (default: this tree)")
      ->type_name("");
  command->add_flag("--deep", arguments->deep, "Decode every page, and compare indexes with the rows they name");
}

}  // namespace squire::cli
