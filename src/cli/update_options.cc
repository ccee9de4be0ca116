#include "cli/update_options.h"

#include <fmt/format.h>

#include <charconv>

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
  const char* limit_group = "Limits of the index's table (kept with it; giving any of these replaces all of them)";
  command
      .add_option("--max-bytes", arguments.max_bytes,
                  "At most so much on the disk: a size, 3x (its rows), 3x-tree (the tree) or none")
      ->type_name("LIMIT")
      ->group(limit_group);
  command.add_option("--max-versions", arguments.max_versions, "Keep at most so many versions")
      ->type_name("N")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 53).description(""))
      ->group(limit_group);
  command.add_option("--min-free-disk", arguments.min_free_disk, "Leave so much of the disk free")
      ->type_name("SIZE")
      ->group(limit_group);
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

namespace {

/// The limits that were given, if any was.
Result<std::optional<sync::IndexLimits>> ToLimits(const UpdateArguments& arguments) {
  sync::IndexLimits limits;
  const std::string& text = arguments.max_bytes;
  const bool by_tree = text.ends_with("x-tree"), by_live = text.ends_with('x');
  if (by_tree || by_live) {
    const std::string number = text.substr(0, text.find('x'));
    double factor = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), factor);
    if (error != std::errc() || end != number.data() + number.size() || !(factor > 0 && factor < 1e9))
      return InvalidArgument(fmt::format("'{}' is not a limit such as 2G, 3x, 3x-tree or none", text));
    (by_tree ? limits.max_bytes_per_source : limits.max_bytes_per_live) = factor;
  } else if (!text.empty() && text != "none") {
    limits.max_bytes = TRY(ParseBytes(text));
    if (limits.max_bytes == 0) return InvalidArgument("--max-bytes must be at least 1");
  }
  limits.max_versions = arguments.max_versions;
  if (!arguments.min_free_disk.empty()) limits.min_free_disk = TRY(ParseBytes(arguments.min_free_disk));
  if (text.empty() && limits == sync::IndexLimits() && arguments.min_free_disk.empty())
    return std::optional<sync::IndexLimits>();
  return std::optional(limits);
}

}  // namespace

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
  options.limits = TRY(ToLimits(arguments));
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
