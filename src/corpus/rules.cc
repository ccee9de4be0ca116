#include "corpus/rules.h"

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "corpus/defaults.h"
#include "corpus/git_home.h"
#include "corpus/os.h"

namespace squire::corpus {
namespace {

std::string_view LastSegment(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool AnyMatches(const std::vector<PathFilter>& filters, std::string_view path) {
  for (const PathFilter& filter : filters) {
    if (filter.Matches(path)) return true;
  }
  return false;
}

bool AnyMatchesItself(const std::vector<PathFilter>& filters, std::string_view path) {
  for (const PathFilter& filter : filters) {
    if (filter.MatchesItself(path)) return true;
  }
  return false;
}

Decision Skip(SkipReason reason) {
  Decision out;
  out.reason = reason;
  return out;
}

ScopePtr WithGitFile(ScopePtr parent, const std::string& path, std::string base) {
  const auto text = ReadSmallFile(AT_FDCWD, path.c_str(), IgnoreFile::kBytesMax, true);
  if (!text) return parent;
  return std::make_shared<const Scope>(Scope{std::move(parent), IgnoreFile(*text, path, std::move(base)), {}});
}

}  // namespace

TreeRules::TreeRules(const std::string& root, const RuleOptions& options) : options_(options) {
  for (const std::string& pattern : options.include) include_.emplace_back(pattern);
  for (const std::string& pattern : options.exclude) exclude_.emplace_back(pattern);
  if (options.git_ignore) LoadOuterScopes(root);
}

void TreeRules::LoadOuterScopes(const std::string& root) {
  std::error_code failed;
  std::string absolute = std::filesystem::canonical(root, failed).string();
  if (failed) return;
  if (absolute == "/") absolute.clear();
  const auto repository = FindRepository(absolute);
  const std::string global = GlobalExcludesFile(repository);
  if (!global.empty()) outer_ = WithGitFile(outer_, global, "");
  if (!repository) return;
  outer_ = WithGitFile(outer_, repository->common_dir + "/info/exclude", "");
  if (absolute.size() <= repository->top.size()) return;
  prefix_ = absolute.substr(repository->top.size() + 1) + "/";
  for (size_t at = 0; at < prefix_.size(); at = prefix_.find('/', at) + 1) {
    const std::string base = prefix_.substr(0, at);
    const std::string path = repository->top + "/" + base + std::string(kGitIgnoreName);
    outer_ = WithGitFile(outer_, path, base);
  }
}

ScopePtr TreeRules::Enter(const ScopePtr& parent, int folder_fd, std::string_view folder, bool has_git_ignore,
                          bool has_squire_ignore) const {
  has_git_ignore = has_git_ignore && options_.git_ignore;
  if (!has_git_ignore && !has_squire_ignore) return parent;
  const std::string inside = folder.empty() ? "" : std::string(folder) + "/";
  const auto load = [&](std::string_view name) {
    const auto text = ReadSmallFile(folder_fd, name.data(), IgnoreFile::kBytesMax, false);
    return text ? IgnoreFile(*text, inside + std::string(name), prefix_ + inside) : IgnoreFile();
  };
  Scope scope{parent, {}, {}};
  if (has_git_ignore) scope.git = load(kGitIgnoreName);
  if (has_squire_ignore) scope.squire = load(kSquireIgnoreName);
  if (scope.git.empty() && scope.squire.empty()) return parent;
  return std::make_shared<const Scope>(std::move(scope));
}

Decision TreeRules::DecideByFiles(const ScopePtr& scope, std::string_view path, std::string_view name,
                                  bool is_folder) const {
  if (scope) {
    std::string joined;
    std::string_view full = path;
    if (!prefix_.empty()) {
      joined.reserve(prefix_.size() + path.size());
      joined.append(prefix_).append(path);
      full = joined;
    }
    for (IgnoreFile Scope::* kind : {&Scope::squire, &Scope::git}) {
      const bool by_git = kind == &Scope::git;
      for (const Scope* at = scope.get(); at != nullptr; at = at->parent.get()) {
        const IgnoreFile& file = at->*kind;
        const auto answer = file.Judge(full, is_folder);
        if (answer.verdict == IgnoreFile::Verdict::kSilent) continue;
        Decision out;
        out.rule = &file;
        out.rule_line = answer.line;
        if (answer.verdict == IgnoreFile::Verdict::kIgnore) {
          out.reason = by_git ? SkipReason::kGitIgnore : SkipReason::kSquireIgnore;
          return out;
        }
        if (by_git) break;  // git keeps it: the built-in list still applies
        out.asked = true;
        return out;
      }
    }
  }
  if (!options_.default_skips) return {};
  return Skip(is_folder ? DefaultFolderSkip(name) : DefaultFileSkip(name));
}

Decision TreeRules::Decide(const ScopePtr& scope, std::string_view path, bool is_folder, SkipReason inside) const {
  const std::string_view name = LastSegment(path);
  if (IsVersionControlName(name)) return Skip(SkipReason::kVersionControl);
  if (AnyMatches(exclude_, path)) return Skip(SkipReason::kExcluded);
  if (AnyMatchesItself(include_, path)) {
    Decision out;
    out.asked = true;
    return out;
  }
  Decision out = !options_.secrets && IsSecretName(name, is_folder) ? Skip(SkipReason::kSecret)
                                                                    : DecideByFiles(scope, path, name, is_folder);
  if (inside != SkipReason::kNone && out.in()) out = Skip(inside);
  if (is_folder && !out.in()) {
    for (const PathFilter& filter : include_) out.only_asked = out.only_asked || filter.MayMatchBelow(path);
  }
  return out;
}

}  // namespace squire::corpus
