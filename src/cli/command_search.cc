#include <map>
#include <memory>

#include "base/try.h"
#include "cli/command.h"
#include "cli/search_options.h"
#include "cli/target.h"

namespace squire::cli {
namespace {

using Mode = sync::SearchRequest::Mode;

constexpr char kExamples[] =
    "Examples:\n"
    "  squire search \"where are retries limited\"\n"
    "  squire search parse_config ~/src/project --mode text -k 3\n"
    "  squire search \"read a file\" --path 'src/**' --lang cpp --kind function --json\n"
    "  squire search \"open a connection\" --by-file 3 --explain\n"
    "  squire search retry --where \"start_line < 100 AND NOT contains(path, 'test')\"\n"
    "  squire search -- \"-Werror\"\n";

const std::map<std::string, Mode> kModes = {{"auto", Mode::kAuto}, {"vector", Mode::kVector}, {"text", Mode::kText}};

Result<ExitCode> Run(Context& context, const SearchArguments& arguments) {
  auto index = TRY(sync::Index::Open(TRY(LocateTree(context.globals, arguments.tree))));
  EndWithAnswer(TRY(index.Search(arguments.request)), arguments, context.out);
}

}  // namespace

void AddSearchCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<SearchArguments>();
  sync::SearchRequest& request = arguments->request;
  CLI::App* command = AddCommand(app, context, "search", "Find the chunks that answer a question", kExamples,
                                 [arguments](Context& c) { return Run(c, *arguments); });
  command->add_option("QUERY", request.query, "The question, or words; the syntax of words is in docs/text_search.md")
      ->required()
      ->type_name("");
  command->add_option("TREE", arguments->tree, "The tree, or a folder in it (default: the working folder)")
      ->type_name("");
  command
      ->add_option_function<std::string>(
          "--mode", [&request](const std::string& mode) { request.mode = kModes.at(mode); },
          "auto (both), vector (by meaning) or text (by words)")
      ->check(CLI::IsMember({"auto", "vector", "text"}).description(""))
      ->type_name("MODE");
  command
      ->add_option_function<std::pair<double, double>>(
          "--weights",
          [&request](const std::pair<double, double>& weights) {
            std::tie(request.word_weight, request.vector_weight) = weights;
          },
          "Of words and of meaning in mode auto (default 1,1)")
      ->delimiter(',')
      ->type_name("W,M");
  AddSearchOptions(*command, *arguments);
}

}  // namespace squire::cli
