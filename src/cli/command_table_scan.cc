#include <fmt/format.h>

#include <limits>
#include <memory>

#include "base/try.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/target.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire table scan notes.lance --columns id,text --limit 5\n"
    "  squire table scan notes.lance --where \"kind = 'function' AND path LIKE 'src/%'\" --json | jq .path\n"
    "  squire table scan notes.lance --version 3 --offset 1000\n";

constexpr int64_t kBatchRows = 1024;  // a vector of 1,000 floats is 20 kB of JSON

struct Arguments {
  std::string target;
  std::vector<std::string> columns;
  std::string where;
  int64_t limit = std::numeric_limits<int64_t>::max(), offset = 0;
  std::optional<uint64_t> version;
};

void PrintRow(Output& out, const Batch& batch, int64_t row) {
  std::string line = out.json() ? "{" : "";
  for (size_t i = 0; i < batch.columns.size(); i++) {
    if (i > 0) line += out.json() ? ',' : '\t';
    if (out.json()) {
      AppendJsonString(batch.schema.fields[i].name, line);
      line += ':';
      AppendJsonCell(batch.columns[i], row, line);
    } else {
      AppendTextCell(batch.columns[i], row, line);
    }
  }
  out.Line(out.json() ? line + "}" : line);
}

Result<ExitCode> Run(Context& context, const Arguments& arguments) {
  const Table table = TRY(OpenTarget(context.globals, arguments.target, arguments.version));
  for (const std::string& column : arguments.columns)
    if (table.schema().Find(column) < 0) return InvalidArgument(fmt::format("the table has no column '{}'", column));
  auto scanner = TRY(table.Scan({.columns = arguments.columns, .batch_rows = kBatchRows, .where = arguments.where}));
  Output& out = context.out;
  int64_t skip = arguments.offset, left = arguments.limit;
  while (left > 0 && !out.closed()) {
    const auto batch = TRY(scanner->Next());
    if (!batch) break;
    for (int64_t row = std::min(skip, batch->num_rows); row < batch->num_rows && left > 0; row++, left--)
      PrintRow(out, *batch, row);
    skip -= std::min(skip, batch->num_rows);
  }
  return kOk;
}

}  // namespace

void AddTableScanCommand(CLI::App& table, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      AddCommand(table, context, "scan", "The rows: columns apart by tabs, or with --json an object a line", kExamples,
                 [arguments](Context& c) { return Run(c, *arguments); });
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  command->add_option("TABLE", arguments->target, "A T.lance, or a tree with an index (default: this tree)")
      ->type_name("");
  command->add_option("--columns", arguments->columns, "These columns only, e.g. id,text")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B");
  command->add_option("--where", arguments->where, "Only rows of which this holds; the syntax is in docs/filters.md")
      ->type_name("FILTER");
  command->add_option("--limit", arguments->limit, "Rows at most")
      ->check(CLI::Range(int64_t{0}, kMax).description(""))
      ->type_name("N");
  command->add_option("--offset", arguments->offset, "Rows to leave out first")
      ->check(CLI::Range(int64_t{0}, kMax).description(""))
      ->type_name("N");
  command->add_option("--version", arguments->version, "The table at this version")->type_name("V");
}

}  // namespace squire::cli
