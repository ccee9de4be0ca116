#include "corpus/ignore.h"

#include <algorithm>
#include <utility>

namespace squire::corpus {
namespace {

/// Spaces at the end go unless quoted by a backslash, as in git; tabs stay.
std::string_view TrimTrailingSpaces(std::string_view line) {
  size_t end = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    if (line[i] == '\\') ++i;
    end = i + 1;
  }
  return line.substr(0, std::min(end, line.size()));
}

}  // namespace

IgnoreFile::IgnoreFile(std::string_view text, std::string name, std::string base)
    : name_(std::move(name)), base_(std::move(base)) {
  if (text.size() > kBytesMax) text = text.substr(0, kBytesMax);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (uint32_t number = 1; !text.empty() && patterns_.size() < kPatternsMax; ++number) {
    const size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (newline != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    AddLine(line, number);
  }
}

void IgnoreFile::AddLine(std::string_view line, uint32_t number) {
  if (line.starts_with('#')) return;
  line = TrimTrailingSpaces(line.substr(0, line.find('\0')));
  Pattern pattern{{}, false, false, false, number, std::string(line)};
  if (line.starts_with('!')) {
    pattern.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    pattern.folder_only = true;
    line.remove_suffix(1);
  }
  if (line.empty()) return;
  pattern.by_name = line.find('/') == std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  pattern.glob = Glob(line);
  patterns_.push_back(std::move(pattern));
}

IgnoreFile::Answer IgnoreFile::Judge(std::string_view path, bool is_folder) const {
  if (patterns_.empty()) return {};
  const std::string_view below = path.substr(base_.size());
  const size_t slash = below.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? below : below.substr(slash + 1);
  for (size_t i = patterns_.size(); i-- > 0;) {
    const Pattern& p = patterns_[i];
    if (p.folder_only && !is_folder) continue;
    if (p.glob.Matches(p.by_name ? name : below)) {
      return {p.negated ? Verdict::kKeep : Verdict::kIgnore, p.line};
    }
  }
  return {};
}

std::string IgnoreFile::Describe(uint32_t line) const {
  for (const Pattern& p : patterns_) {
    if (p.line == line) return name_ + ":" + std::to_string(line) + ": " + p.source;
  }
  return name_;
}

}  // namespace squire::corpus
