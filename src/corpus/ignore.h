#pragma once

/// IgnoreFile: the patterns of one .gitignore-like file and what they say of a path. Pure over bytes; immutable.
///
/// Source: gitignore(5), checked against `git check-ignore` in ignore_git_test.cc.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/glob.h"

namespace squire::corpus {

class IgnoreFile {
 public:
  enum class Verdict : uint8_t { kSilent, kIgnore, kKeep };
  struct Answer {
    Verdict verdict = Verdict::kSilent;
    uint32_t line = 0;  ///< 1-based line of the pattern that decided.
  };

  static constexpr size_t kBytesMax = 1 << 20;    ///< What is beyond is not read.
  static constexpr size_t kPatternsMax = 10'000;  ///< Patterns beyond are dropped.

  IgnoreFile() = default;

  /// Parses `text`, the content of a file called `name` (for messages) that lies in the folder `base`: "" or "a/b/".
  IgnoreFile(std::string_view text, std::string name, std::string base);

  /// What the last pattern that matches `path` says; `path` is relative to the same root as `base`.
  /// REQUIRES: path starts with base. A folder whose parent is ignored is not asked about: git never enters it.
  [[nodiscard]] Answer Judge(std::string_view path, bool is_folder) const;

  [[nodiscard]] bool empty() const { return patterns_.empty(); }

  /// "src/.gitignore:3: *.log", for people who ask why.
  [[nodiscard]] std::string Describe(uint32_t line) const;

 private:
  struct Pattern {
    Glob glob;
    bool negated;
    bool folder_only;
    bool by_name;  ///< No '/' in it: compared with the last segment only.
    uint32_t line;
    std::string source;
  };

  void AddLine(std::string_view line, uint32_t number);

  std::vector<Pattern> patterns_;
  std::string name_;
  std::string base_;
};

}  // namespace squire::corpus
