#pragma once

/// Where git keeps the ignore rules that do not lie in the tree: the repository above a folder, its info/exclude, and
/// the global excludes file. Reads the environment and the file system; never runs git.

#include <optional>
#include <string>
#include <string_view>

namespace squire::corpus {

struct GitRepository {
  std::string top;         ///< The folder that holds .git, absolute, without a trailing '/'.
  std::string common_dir;  ///< What `git rev-parse --git-common-dir` gives: holds info/exclude and config.
};

/// The repository that `folder` (absolute) lies in, worktrees and submodules (a .git file) understood; nothing if none.
std::optional<GitRepository> FindRepository(const std::string& folder);

/// The value of core.excludesFile by /etc/gitconfig, $XDG_CONFIG_HOME/git/config, ~/.gitconfig (or $GIT_CONFIG_GLOBAL
/// for both) and the repository's config, the last one winning; else $XDG_CONFIG_HOME/git/ignore. Empty without a home.
/// `include.path` and conditional includes are not followed.
std::string GlobalExcludesFile(const std::optional<GitRepository>& repository);

/// The value of `core.excludesFile` in the text of a git config file, or nothing. Pure.
std::optional<std::string> ParseExcludesFile(std::string_view config_text);

}  // namespace squire::corpus
