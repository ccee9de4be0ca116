#include "corpus/git_home.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "corpus/os.h"

namespace squire::corpus {
namespace {

constexpr size_t kConfigBytesMax = 1 << 20;

std::string_view Trim(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

bool EqualNoCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const char lower = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i];
    if (lower != b[i]) return false;
  }
  return true;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::optional<std::string> ReadAt(const std::string& path) {
  return ReadSmallFile(AT_FDCWD, path.c_str(), kConfigBytesMax, true);
}

/// A config value: quotes removed, backslash escapes resolved, a comment cut off.
std::string Unquote(std::string_view value) {
  std::string out;
  bool quoted = false;
  size_t keep = 0;  // spaces before it are part of the value
  for (size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (c == '"') {
      quoted = !quoted;
      keep = out.size();
      continue;
    }
    if (!quoted && (c == '#' || c == ';')) break;
    if (c == '\\' && i + 1 < value.size()) {
      c = value[++i];
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
    }
    out += c;
    if (quoted || (c != ' ' && c != '\t')) keep = out.size();
  }
  out.resize(keep);
  return out;
}

std::string Join(const std::string& folder, const std::string& name) {
  return name.starts_with('/') ? name : folder + "/" + name;
}

/// The folder that the one-line file `path` names after `prefix`, relative to `folder`.
std::optional<std::string> ReadPointer(const std::string& path, std::string_view prefix, const std::string& folder) {
  const auto text = ReadAt(path);
  if (!text || !text->starts_with(prefix)) return std::nullopt;
  std::string_view target = std::string_view(*text).substr(prefix.size());
  target = Trim(target.substr(0, target.find('\n')));
  if (target.empty()) return std::nullopt;
  return Join(folder, std::string(target));
}

}  // namespace

std::optional<GitRepository> FindRepository(const std::string& folder) {
  std::string at = folder;
  for (;;) {
    const std::string dot_git = at + "/.git";
    struct stat st;
    if (::stat(dot_git.c_str(), &st) == 0) {
      std::string git_dir = dot_git;
      if (S_ISREG(st.st_mode)) git_dir = ReadPointer(dot_git, "gitdir:", at).value_or(dot_git);
      return GitRepository{at, ReadPointer(git_dir + "/commondir", "", git_dir).value_or(git_dir)};
    }
    const size_t slash = at.rfind('/');
    if (at.empty() || slash == std::string::npos) return std::nullopt;
    at.resize(slash);
  }
}

std::optional<std::string> ParseExcludesFile(std::string_view text) {
  std::optional<std::string> found;
  bool in_core = false;
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    std::string_view line = Trim(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.starts_with('[')) {
      const size_t close = line.find(']');
      if (close == std::string_view::npos) continue;
      in_core = EqualNoCase(Trim(line.substr(1, close - 1)), "core");
      line = Trim(line.substr(close + 1));  // "[core] key = value" on one line
    }
    const size_t equals = line.find('=');
    if (!in_core || equals == std::string_view::npos) continue;
    if (EqualNoCase(Trim(line.substr(0, equals)), "excludesfile")) found = Unquote(Trim(line.substr(equals + 1)));
  }
  return found;
}

std::string GlobalExcludesFile(const std::optional<GitRepository>& repository) {
  const std::string home = Environment("HOME");
  std::string xdg = Environment("XDG_CONFIG_HOME");
  if (xdg.empty() && !home.empty()) xdg = home + "/.config";
  std::string value = xdg.empty() ? "" : xdg + "/git/ignore";
  std::vector<std::string> configs = {"/etc/gitconfig"};
  if (const std::string global = Environment("GIT_CONFIG_GLOBAL"); !global.empty()) {
    configs.push_back(global);
  } else {
    if (!xdg.empty()) configs.push_back(xdg + "/git/config");
    if (!home.empty()) configs.push_back(home + "/.gitconfig");
  }
  if (repository) configs.push_back(repository->common_dir + "/config");
  for (const std::string& config : configs) {
    const auto text = ReadAt(config);
    if (!text) continue;
    if (auto named = ParseExcludesFile(*text)) value = *std::move(named);
  }
  if (value.starts_with("~/")) value = home + value.substr(1);
  return value;
}

}  // namespace squire::corpus
