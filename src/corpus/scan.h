#pragma once

/// Scan: the files of a tree that belong in the index, with what is needed to see whether they changed.
///
/// One stat a file, no content read (that is read.h). Follows no symbolic link, holds at most four descriptors, needs
/// no recursion; whatever it meets in the tree is counted, not fatal. THREADS: free functions without state.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "corpus/rules.h"
#include "corpus/skip.h"
#include "squire/result.h"

namespace squire::corpus {

inline constexpr uint64_t kFileBytesMax = 1 << 20;         ///< Default limit on a file's size.
inline constexpr uint64_t kAskedFileBytesMax = 64u << 20;  ///< Limit on files that were asked for by name.
inline constexpr size_t kFolderDepthMax = 256;
inline constexpr size_t kPathBytesMax = 4095;

struct ScanOptions {
  RuleOptions rules = {};
  uint64_t file_bytes_max = kFileBytesMax;
  bool explain = false;  ///< Fill ScanResult::explained.
};

/// A file to index. Two entries with equal size, times and inode are taken to be the same bytes, as git does.
struct FileEntry {
  std::string path;  ///< Relative to the root, '/' between segments, valid UTF-8 without control characters.
  uint64_t size_bytes = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t inode = 0;
  bool asked = false;  ///< Let in by --include or a .squireignore negation: read it with ReadOptions::asked.
};

struct SkippedEntry {
  std::string path;
  bool is_folder = false;
  SkipReason reason = SkipReason::kNone;
  std::string rule;  ///< "src/.gitignore:3: *.log", or the error's text, or empty.
};

struct ScanResult {
  std::vector<FileEntry> files;         ///< Sorted by path, bytewise.
  SkipCounts skipped = {};              ///< Entries left out by reason; a skipped folder counts once.
  std::vector<SkippedEntry> explained;  ///< With ScanOptions::explain: each of them, sorted by path.
  uint64_t folders = 0;                 ///< Folders entered.
};

/// Lists the files of the tree at `root` (a folder, or a link to one) that the rules let in.
/// ERRORS: NotFound or Io if the root cannot be opened, TooManyFiles if the process is out of descriptors.
Result<ScanResult> Scan(const std::string& root, const ScanOptions& options);

/// As Scan, but only what lies at or below `paths` (relative to the root): the answer to "what of these is to be
/// indexed now?". A path that is gone or ruled out by itself or by a folder above it yields nothing. REQUIRES: no path
/// has a "." or ".." segment or begins with '/'; such a path yields nothing.
Result<ScanResult> ScanPaths(const std::string& root, const std::vector<std::string>& paths,
                             const ScanOptions& options);

}  // namespace squire::corpus
