#include "cli/search_options.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/hit_text.h"
#include "serve/answer_json.h"

namespace squire::cli {
namespace {

constexpr size_t kLinesMax = 12;  // of a hit
constexpr int kLimitMax = 1000;

}  // namespace

void AddSearchOptions(CLI::App& command, SearchArguments& arguments) {
  sync::SearchRequest& request = arguments.request;
  command.add_option("-k,--limit", request.limit, "Hits at most, or files with --by-file (default 10)")
      ->check(CLI::Range(1, kLimitMax).description(""))
      ->type_name("N");
  command.add_option("--by-file", request.per_file, "Hits by file, at most N of each")
      ->check(CLI::Range(1, kLimitMax).description(""))
      ->type_name("N");
  command.add_option("--path", request.paths, "Only files that match; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  command.add_option("--lang", request.lang, "Only this language: a name or a file's extension, e.g. python")
      ->type_name("LANG");
  command.add_option("--kind", request.kind, "Only this kind, e.g. function, class, section")->type_name("KIND");
  command.add_option("--where", request.where, "Only chunks of which this holds; the syntax is in docs/filters.md")
      ->type_name("FILTER");
  command.add_flag("--explain", arguments.explain, "Show what each hit's score is made of (docs/search.md)");
}

void EndWithAnswer(const sync::SearchAnswer& answer, const SearchArguments& arguments, Output& out) {
  if (out.json()) {
    out.Json(serve::ToJson(answer.hits, arguments.explain));
  } else {
    const auto words = WordsToMark(arguments.request.query);
    for (size_t i = 0; i < answer.hits.size() && !out.closed(); i++) {
      std::string text = HitText(answer.hits[i], words, kLinesMax, out.style());
      if (arguments.explain) text.insert(text.find('\n') + 1, ExplainText(answer.hits[i], out.style()));
      out.Write((i > 0 ? "\n" : "") + text);
    }
  }
  out.Flush();  // the answer first, then the talk about it
  if (!answer.note.empty()) out.Note(answer.note);
  if (const std::string behind = serve::FreshnessText(answer.freshness); !behind.empty())
    out.Note(behind + ": squire index");
  if (answer.hits.empty() && !out.json()) out.Note("nothing found");
  // The model's run time takes 30 ms to put itself away, a tenth of the whole; the process ends without that.
  _exit(out.Finish(answer.hits.empty() ? kNoResult : kOk));
}

}  // namespace squire::cli
