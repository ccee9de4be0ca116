#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "cli/command.h"
#include "cli/quantity.h"
#include "cli/target.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire table info notes.lance\n"
    "  squire table schema notes.lance\n"
    "  squire table versions notes.lance\n"
    "  squire table scan notes.lance --columns id,text --limit 5 --json\n"
    "  squire table count notes.lance\n";

using nlohmann::ordered_json;

ordered_json ColumnsJson(const Schema& schema) {
  ordered_json columns = ordered_json::array();
  for (const Field& field : schema.fields)
    columns.push_back({{"name", field.name}, {"type", field.type.ToString()}, {"nullable", field.nullable}});
  return columns;
}

void PrintColumns(Output& out, const Schema& schema) {
  size_t width = 0;
  for (const Field& field : schema.fields) width = std::max(width, Printable(field.name).size());
  for (const Field& field : schema.fields)
    out.Line(fmt::format("{:<{}}  {}{}", Printable(field.name), width, Printable(field.type.ToString()),
                         field.nullable ? "" : out.style().Dim("  not null")));
}

Result<ExitCode> RunInfo(Context& context, const std::string& target) {
  const Table table = TRY(OpenTarget(context.globals, target));
  const TableStats stats = TRY(table.Stats());
  Output& out = context.out;
  if (out.json()) {
    out.Json({{"rows", stats.rows},
              {"version", stats.version},
              {"versions", stats.versions},
              {"fragments", stats.fragments},
              {"files", stats.files},
              {"bytes_on_disk", stats.bytes_on_disk},
              {"live_bytes", stats.live_bytes},
              {"columns", ColumnsJson(table.schema())}});
    return kOk;
  }
  out.Line(fmt::format("{}: version {}, {}", Printable(table.path()), stats.version,
                       Counted(static_cast<uint64_t>(stats.rows), "row")));
  out.Line(fmt::format("{}, {}, {}; {} on disk, {} live", Counted(stats.versions, "version"),
                       Counted(stats.fragments, "fragment"), Counted(stats.files, "file"),
                       SizeText(stats.bytes_on_disk), SizeText(stats.live_bytes)));
  out.Line("");
  PrintColumns(out, table.schema());
  return kOk;
}

Result<ExitCode> RunSchema(Context& context, const std::string& target) {
  const Table table = TRY(OpenTarget(context.globals, target));
  if (context.out.json())
    context.out.Json({{"columns", ColumnsJson(table.schema())}, {"metadata", table.schema().metadata}});
  else
    PrintColumns(context.out, table.schema());
  return kOk;
}

Result<ExitCode> RunVersions(Context& context, const std::string& target) {
  const Table table = TRY(OpenTarget(context.globals, target));
  ordered_json array = ordered_json::array();
  for (const VersionInfo& version : TRY(table.Versions())) {
    const std::string time = TimeText(version.timestamp_ns);
    if (context.out.json()) {
      array.push_back({{"version", version.version},
                       {"time", time.substr(0, 10) + "T" + time.substr(11, 8) + "Z"},
                       {"rows", version.rows},
                       {"fragments", version.fragments},
                       {"writer", version.writer}});
    } else {
      context.out.Line(
          fmt::format("{:>6}  {}  {}, {}{}", version.version, time, Counted(static_cast<uint64_t>(version.rows), "row"),
                      Counted(version.fragments, "fragment"),
                      version.writer.empty() ? "" : context.out.style().Dim("  " + Printable(version.writer))));
    }
  }
  if (context.out.json()) context.out.Json(array);
  return kOk;
}

Result<ExitCode> RunCount(Context& context, const std::string& target, const std::string& where) {
  const Table table = TRY(OpenTarget(context.globals, target));
  const int64_t rows = TRY(table.CountRows(where));
  if (context.out.json())
    context.out.Json({{"rows", rows}});
  else
    context.out.Line(std::to_string(rows));
  return kOk;
}

void AddCountCommand(CLI::App& table, Context& context) {
  struct Arguments {
    std::string target, where;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      AddCommand(table, context, "count", "The number of rows",
                 "Examples:\n  squire table count notes.lance --where \"rev >= 3 AND path IS NOT NULL\"\n",
                 [arguments](Context& c) { return RunCount(c, arguments->target, arguments->where); });
  command->add_option("TABLE", arguments->target, "A T.lance, or a tree with an index (default: this tree)")
      ->type_name("");
  command->add_option("--where", arguments->where, "Of which this holds; the syntax is in docs/filters.md")
      ->type_name("FILTER");
}

}  // namespace

void AddTableCommand(CLI::App& app, Context& context) {
  CLI::App* table = AddCommand(app, context, "table", "Look into a Lance table", kExamples, nullptr);
  table->require_subcommand(1);
  const auto add = [&](const char* name, const char* description, auto run) {
    auto target = std::make_shared<std::string>();
    CLI::App* command =
        AddCommand(*table, context, name, description, "", [target, run](Context& c) { return run(c, *target); });
    command->add_option("TABLE", *target, "A T.lance, or a tree with an index (default: this tree)")->type_name("");
  };
  add("info", "Rows, versions, size and columns", RunInfo);
  add("schema", "The columns and their types", RunSchema);
  add("versions", "The versions on disk, oldest first", RunVersions);
  AddTableScanCommand(*table, context);
  AddCountCommand(*table, context);
}

}  // namespace squire::cli
