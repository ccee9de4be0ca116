#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "cli/command.h"
#include "cli/quantity.h"
#include "cli/target.h"
#include "serve/answer_json.h"
#include "serve/health_report.h"
#include "sync/index.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire status\n"
    "  squire status ~/src/project --json\n";

/// "2.0 GB (1.2 GB in use), 20 versions, 1.0 GB to stay free"; empty without limits.
std::string LimitsText(const sync::Status& status) {
  std::string text;
  const auto add = [&](const std::string& limit) { text += (text.empty() ? "" : ", ") + limit; };
  const sync::IndexLimits& limits = status.limits;
  std::string times;
  if (limits.max_bytes_per_live > 0) times += fmt::format(", {} x live", limits.max_bytes_per_live);
  if (limits.max_bytes_per_source > 0) times += fmt::format(", {} x the tree's own", limits.max_bytes_per_source);
  if (status.max_bytes > 0)
    add(fmt::format("{} ({} in use{})", SizeText(status.max_bytes), SizeText(status.bytes_on_disk), times));
  if (limits.max_versions > 0) add(Counted(limits.max_versions, "version"));
  if (limits.min_free_disk > 0)
    add(fmt::format("{} to stay free ({} are)", SizeText(limits.min_free_disk),
                    SizeText(status.health.measures.free_bytes)));
  return text;
}

void Print(Output& out, const sync::Status& status) {
  const auto row = [&](const char* name, const std::string& value) {
    out.Line(out.style().Dim(fmt::format("{:<10}", name)) + " " + value);
  };
  const std::string behind = serve::FreshnessText(status.freshness);
  std::string state = behind.empty() ? out.style().Good("up to date") : out.style().Bad(behind);
  if (status.followed) state += ", followed";
  if (status.failed > 0) state += ", " + out.style().Bad(Counted(status.failed, "file") + " failed");
  row("tree", Printable(status.tree));
  row("index", fmt::format("{}  {}", Printable(status.db), SizeText(status.index_bytes)));
  row("state", state);
  row("content", fmt::format("{}, {}", Counted(status.files, "file"), Counted(status.chunks, "chunk")));
  row("table",
      fmt::format("version {} of {}, {}, {} on disk, {} live", status.version, Counted(status.versions, "kept version"),
                  Counted(status.fragments, "fragment"), SizeText(status.bytes_on_disk), SizeText(status.live_bytes)));
  const std::string trouble = serve::TroubleText(status.health);
  row("health", trouble.empty() ? out.style().Good("green") : out.style().Bad("red") + ", " + Printable(trouble));
  if (const std::string limits = LimitsText(status); !limits.empty()) row("limits", limits);
  row("model", fmt::format("{}, {} dimensions{}", Printable(status.model), status.dimension,
                           status.endpoint.empty() ? "" : ", at " + Printable(status.endpoint)));
  if (status.updated_ns > 0) row("updated", TimeText(status.updated_ns));
}

Result<ExitCode> Run(Context& context, const std::string& tree) {
  auto index = TRY(sync::Index::Open(TRY(LocateTree(context.globals, tree))));
  const sync::Status status = TRY(index.GetStatus());
  if (context.out.json())
    context.out.Json(serve::ToJson(status));
  else
    Print(context.out, status);
  return kOk;
}

}  // namespace

void AddStatusCommand(CLI::App& app, Context& context) {
  auto tree = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, context, "status", "Tell what is indexed, how fresh it is and how big", kExamples,
                                 [tree](Context& c) { return Run(c, *tree); });
  command->add_option("TREE", *tree, "The tree, or a folder in it (default: the working folder)")->type_name("");
}

}  // namespace squire::cli
