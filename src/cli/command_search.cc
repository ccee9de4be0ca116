#include <unistd.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "cli/command.h"
#include "cli/hit_text.h"
#include "cli/target.h"
#include "serve/answer_json.h"
#include "sync/index.h"

namespace squire::cli {
namespace {

using Mode = sync::SearchRequest::Mode;

constexpr char kExamples[] =
    "Examples:\n"
    "  squire search \"where are retries limited\"\n"
    "  squire search parse_config ~/src/project --mode text -k 3\n"
    "  squire search \"read a file\" --path 'src/**' --lang cpp --kind function --json\n"
    "  squire search retry --where \"start_line < 100 AND NOT contains(path, 'test')\"\n"
    "  squire search -- \"-Werror\"\n";

constexpr size_t kLinesMax = 12;  // of a hit
constexpr int kLimitMax = 1000;

const std::map<std::string, Mode> kModes = {{"auto", Mode::kAuto}, {"vector", Mode::kVector}, {"text", Mode::kText}};

struct Arguments {
  std::string tree;
  sync::SearchRequest request;
};

Result<ExitCode> Run(Context& context, const Arguments& arguments) {
  auto index = TRY(sync::Index::Open(TRY(LocateTree(context.globals, arguments.tree))));
  const sync::SearchAnswer answer = TRY(index.Search(arguments.request));
  Output& out = context.out;
  if (out.json()) {
    out.Json(serve::ToJson(answer.hits));
  } else {
    const auto words = WordsToMark(arguments.request.query);
    for (size_t i = 0; i < answer.hits.size() && !out.closed(); i++)
      out.Write((i > 0 ? "\n" : "") + HitText(answer.hits[i], words, kLinesMax, out.style()));
  }
  out.Flush();  // the answer first, then the talk about it
  if (!answer.note.empty()) out.Note(answer.note);
  if (const std::string behind = serve::FreshnessText(answer.freshness); !behind.empty())
    out.Note(behind + ": squire index");
  if (answer.hits.empty() && !out.json()) out.Note("nothing found");
  // The model's run time takes 30 ms to put itself away, a tenth of the whole; the process ends without that.
  _exit(out.Finish(answer.hits.empty() ? kNoResult : kOk));
}

}  // namespace

void AddSearchCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  sync::SearchRequest& request = arguments->request;
  CLI::App* command = AddCommand(app, context, "search", "Find the chunks that answer a question", kExamples,
                                 [arguments](Context& c) { return Run(c, *arguments); });
  command->add_option("QUERY", request.query, "The question, or words; the syntax of words is in docs/text_search.md")
      ->required()
      ->type_name("");
  command->add_option("TREE", arguments->tree, "The tree, or a folder in it (default: the working folder)")
      ->type_name("");
  command->add_option("-k,--limit", request.limit, "Hits at most (default 10)")
      ->check(CLI::Range(1, kLimitMax).description(""))
      ->type_name("N");
  command
      ->add_option_function<std::string>(
          "--mode", [&request](const std::string& mode) { request.mode = kModes.at(mode); },
          "auto (both), vector (by meaning) or text (by words)")
      ->check(CLI::IsMember({"auto", "vector", "text"}).description(""))
      ->type_name("MODE");
  command->add_option("--path", request.paths, "Only files that match; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  command->add_option("--lang", request.lang, "Only this language, e.g. python")->type_name("LANG");
  command->add_option("--kind", request.kind, "Only this kind, e.g. function, class, section")->type_name("KIND");
  command->add_option("--where", request.where, "Only chunks of which this holds; the syntax is in docs/filters.md")
      ->type_name("FILTER");
}

}  // namespace squire::cli
