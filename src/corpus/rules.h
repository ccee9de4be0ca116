#pragma once

/// TreeRules: the one place that decides whether an entry of a tree belongs in the index; scan and watch both ask it.
///
/// A Scope is what applies inside one folder: its ignore files and those above, a chain of immutable nodes that share
/// their tails. THREADS: TreeRules and Scopes are immutable once made and may be shared.
///
/// The order, first answer wins (docs/ignore.md): version control folders, --exclude, --include, secrets by name,
/// .squireignore, git's rules, the built-in list. Size and kind are looked at afterwards, by the scan.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/glob.h"
#include "corpus/ignore.h"
#include "corpus/skip.h"

namespace squire::corpus {

inline constexpr std::string_view kGitIgnoreName = ".gitignore";
inline constexpr std::string_view kSquireIgnoreName = ".squireignore";

struct RuleOptions {
  /// PathFilter patterns; a file or folder that itself matches is in, over all rules but --exclude. Below such a folder
  /// the usual rules go on. A folder that is skipped is entered only where a pattern with a '/' leads into it.
  std::vector<std::string> include;
  std::vector<std::string> exclude;  ///< PathFilter patterns; what matches is out, with all below it.
  bool secrets = false;              ///< Index key and .env files too.
  bool git_ignore = true;            ///< Honour git's rules, in the tree and outside it.
  bool default_skips = true;         ///< Honour the built-in list (docs/ignore.md).
};

/// What applies inside one folder. Null means: no ignore file here or above.
struct Scope {
  std::shared_ptr<const Scope> parent;
  IgnoreFile git;
  IgnoreFile squire;
};
using ScopePtr = std::shared_ptr<const Scope>;

struct Decision {
  SkipReason reason = SkipReason::kNone;
  bool asked = false;  ///< Let in by --include or a .squireignore negation: the built-in limits on size do not apply.
  bool only_asked = false;  ///< A folder that is skipped, but may hold what --include names: enter, take only that.
  const IgnoreFile* rule = nullptr;  ///< The ignore file that decided, if one did.
  uint32_t rule_line = 0;

  [[nodiscard]] bool in() const { return reason == SkipReason::kNone; }
};

class TreeRules {
 public:
  /// Rules for the tree at `root`; reads the ignore files above it and git's outside the tree.
  /// ERRORS: none; ignore files that cannot be read count as empty, as in git.
  TreeRules(const std::string& root, const RuleOptions& options);

  /// The scope around the root: what ignore files above it and outside the tree say. Its own files come by Enter.
  [[nodiscard]] const ScopePtr& outer_scope() const { return outer_; }

  /// The scope inside `folder` (relative to the root, "" for the root itself), opened as `folder_fd`, whose parent
  /// folder has `parent`. Reads the ignore files that the folder is said to have.
  [[nodiscard]] ScopePtr Enter(const ScopePtr& parent, int folder_fd, std::string_view folder, bool has_git_ignore,
                               bool has_squire_ignore) const;

  /// Decides for the entry `path` (relative to the root) of a folder whose scope is `scope`. `inside` is the reason why
  /// that folder itself is skipped, if it was entered for the sake of --include alone, else kNone.
  [[nodiscard]] Decision Decide(const ScopePtr& scope, std::string_view path, bool is_folder, SkipReason inside) const;

 private:
  [[nodiscard]] Decision DecideByFiles(const ScopePtr& scope, std::string_view path, std::string_view name,
                                       bool is_folder) const;
  void LoadOuterScopes(const std::string& root);

  RuleOptions options_;
  std::vector<PathFilter> include_;
  std::vector<PathFilter> exclude_;
  std::string prefix_;  ///< From the repository's top to the root: "" or "a/b/".
  ScopePtr outer_;
};

}  // namespace squire::corpus
