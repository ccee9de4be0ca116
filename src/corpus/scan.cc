#include "corpus/scan.h"

#include <algorithm>

#include "base/try.h"
#include "corpus/walk.h"

namespace squire::corpus {
namespace {

void Sort(ScanResult& result) {
  std::sort(result.files.begin(), result.files.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  std::sort(result.explained.begin(), result.explained.end(),
            [](const SkippedEntry& a, const SkippedEntry& b) { return a.path < b.path; });
}

/// `paths` sorted, without doubles and without what lies below another of them.
std::vector<std::string> Topmost(std::vector<std::string> paths) {
  for (std::string& path : paths) {
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  }
  const auto key = [](const std::string& a,
                      const std::string& b) {  // '/' first, so that a folder's own come next to it
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return static_cast<unsigned char>(x == '/' ? 0 : x) < static_cast<unsigned char>(y == '/' ? 0 : y);
    });
  };
  std::sort(paths.begin(), paths.end(), key);
  std::vector<std::string> out;
  for (std::string& path : paths) {
    const bool below = !out.empty() && path.starts_with(out.back()) &&
                       (path.size() == out.back().size() || path[out.back().size()] == '/');
    if (!below) out.push_back(std::move(path));
  }
  return out;
}

}  // namespace

Result<ScanResult> Scan(const std::string& root, const ScanOptions& options) {
  Fd root_fd = TRY(OpenFolder(root));
  const TreeRules rules(root, options.rules);
  ScanResult result;
  Walker walker(rules, options, std::move(root_fd), result);
  TRY(walker.Walk(walker.RootContext(), false, {}));
  Sort(result);
  return result;
}

Result<ScanResult> ScanPaths(const std::string& root, const std::vector<std::string>& paths,
                             const ScanOptions& options) {
  Fd root_fd = TRY(OpenFolder(root));
  const TreeRules rules(root, options.rules);
  ScanResult result;
  Walker walker(rules, options, std::move(root_fd), result);
  for (const std::string& path : Topmost(paths)) TRY(walker.WalkPath(path));
  Sort(result);
  return result;
}

}  // namespace squire::corpus
