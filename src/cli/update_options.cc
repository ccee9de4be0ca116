#include "cli/update_options.h"

#include <fmt/format.h>

#include "base/try.h"
#include "cli/quantity.h"

namespace squire::cli {

void AddUpdateOptions(CLI::App& command, UpdateArguments& arguments) {
  const char* group = "What belongs in the index (kept with it; giving any of these replaces all of them)";
  command.add_option("TREE", arguments.tree, "The tree, or a folder in it (default: the working folder)")
      ->type_name("");
  const auto globs = [&](const char* name, std::vector<std::string>& into, const char* help) {
    command.add_option(name, into, help)->type_name("GLOB")->allow_extra_args(false)->group(group);
  };
  globs("--include", arguments.include, "Index what matches, even if ignored; may be repeated");
  globs("--exclude", arguments.exclude, "Leave out what matches; may be repeated");
  command.add_flag("--secrets", arguments.secrets, "Index key and .env files too")->group(group);
  command.add_option("--max-file-size", arguments.max_file_size, "Leave out larger files (default 1M)")
      ->type_name("SIZE")
      ->group(group);
  const char* model_group = "Which model makes the vectors (kept with the index, a key never)";
  command.add_option("--embedder", arguments.embedder, "An OpenAI-compatible endpoint; key from $SQUIRE_API_KEY")
      ->type_name("URL|local")
      ->group(model_group);
  command.add_option("--model", arguments.model, "The model, as the endpoint names it")
      ->type_name("NAME")
      ->group(model_group);
  command.add_option("--threads", arguments.threads, "Threads to use (default: all cores)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""));
}

Result<sync::UpdateOptions> ToUpdateOptions(const UpdateArguments& arguments) {
  sync::UpdateOptions options;
  options.threads = arguments.threads;
  const bool local = arguments.embedder == "local";
  if (local && !arguments.model.empty()) return InvalidArgument("--model goes with the URL of an --embedder");
  if (!local && arguments.embedder.empty() != arguments.model.empty())
    return InvalidArgument("--embedder URL and --model NAME go together");
  if (local)
    options.embedder = sync::EmbedderChoice{};
  else if (!arguments.embedder.empty())
    options.embedder = sync::EmbedderChoice{arguments.embedder, arguments.model};
  sync::TreeOptions tree{arguments.include, arguments.exclude, 0, arguments.secrets};
  if (!arguments.max_file_size.empty()) {
    tree.file_bytes_max = TRY(ParseBytes(arguments.max_file_size));
    if (tree.file_bytes_max == 0) return InvalidArgument("--max-file-size must be at least 1");
  }
  if (!(tree == sync::TreeOptions{})) options.tree = std::move(tree);
  return options;
}

std::string ReportText(const sync::UpdateReport& report) {
  std::string text = Counted(report.files, "file");
  std::string changes;
  const auto change = [&](uint64_t count, const char* what) {
    if (count > 0) changes += fmt::format("{}{} {}", changes.empty() ? "" : ", ", Counted(count), what);
  };
  change(report.files_new, "new");
  change(report.files_changed, "changed");
  change(report.files_gone, "gone");
  change(report.files_failed, "failed");
  text += ": " + (changes.empty() ? "nothing changed" : changes);
  if (report.commits > 0) {
    text += fmt::format("; {} written, {} embedded", Counted(report.chunks_written, "chunk"),
                        Counted(report.vectors_embedded));
    if (report.vectors_reused > 0) text += fmt::format(", {} reused", Counted(report.vectors_reused));
    if (report.vectors_resumed > 0)
      text += fmt::format(", {} kept from an interrupted run", Counted(report.vectors_resumed));
  }
  return text + fmt::format(" ({})", DurationText(report.seconds));
}

}  // namespace squire::cli
