#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "base/try.h"
#include "cli/quantity.h"
#include "cli/rescue_targets.h"
#include "serve/health_report.h"
#include "squire/health.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire health                   of this tree's index: exit code 0 when all is green, 1 when not\n"
    "  squire health ~/.app/lancedb --prometheus /var/lib/node_exporter/squire.prom\n";

constexpr char kStdout[] = "-";

std::vector<std::string> Lines(const TableHealth& health, const Style& style) {
  const TableMeasures& measures = health.measures;
  std::vector<std::string> out;
  out.push_back(fmt::format("{}  {} on disk, {} live ({:.2f} x), {}, {}, {}, {} free",
                            health.red ? style.Bad("red") : style.Good("green"), SizeText(measures.bytes),
                            SizeText(measures.live_bytes), BytesRatio(measures), Counted(measures.versions, "version"),
                            Counted(measures.fragments, "fragment"), Counted(measures.files, "file"),
                            SizeText(measures.free_bytes)));
  for (const StageHealth& stage : health.stages) {
    std::string line =
        fmt::format("  {:<8} {}", Printable(stage.stage), stage.red ? style.Bad("red") : style.Good("green"));
    if (stage.last_success_ns > 0) line += ", last success " + TimeText(stage.last_success_ns);
    if (stage.red) line += fmt::format(", failed {} in a row since {}", stage.streak, TimeText(stage.since_ns));
    if (stage.last_error)
      line += fmt::format("{}: {}", stage.red ? "" : ", last error " + TimeText(stage.last_error_ns),
                          Printable(stage.last_error->ToString()));
    out.push_back(std::move(line));
  }
  return out;
}

/// Replaces the file in one step: who collects it never sees half of it.
Result<void> WriteFile(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) return FromErrno(errno, "cannot write", temporary);
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return FromErrno(error.value(), "cannot write", path);
  return {};
}

Result<ExitCode> Run(Context& context, const std::string& target, const std::string& prometheus) {
  std::vector<serve::NamedHealth> all;
  const TableWork work = [&](const std::string& table, const RescueProgressFunction&) -> Result<Answer> {
    const TableHealth health = TRY(ReadHealth(table));
    all.push_back({table, health});
    return Answer{serve::ToJson(health), Lines(health, context.out.style()), health.red ? kRed : kOk};
  };
  if (prometheus != kStdout) {
    const ExitCode code = TRY(RunOnTables(context, target, /*lock=*/false, work));
    if (!prometheus.empty()) TRY(WriteFile(prometheus, serve::PrometheusText(all)));
    return code;
  }
  ExitCode worst = kOk;
  for (const std::string& table : TRY(FindTargets(context.globals, target)).tables)
    worst = std::max(worst, TRY(work(table, {})).code);
  context.out.Write(serve::PrometheusText(all));
  return worst;
}

}  // namespace

void AddHealthCommand(CLI::App& app, Context& context) {
  struct Arguments {
    std::string target, prometheus;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      AddCommand(app, context, "health", "Tell whether commits and upkeep work: exit code 1 when not", kExamples,
                 [arguments](Context& c) { return Run(c, arguments->target, arguments->prometheus); });
  command
      ->add_option("TARGET", arguments->target,
                   "A T.lance, a folder of tables, or a tree with an index (default: this tree)")
      ->type_name("");
  command->add_option("--prometheus", arguments->prometheus, "Write metrics there too; - for stdout alone")
      ->type_name("FILE");
}

}  // namespace squire::cli
