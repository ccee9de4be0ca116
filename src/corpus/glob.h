#pragma once

/// Glob: a pattern over '/'-separated paths with the meaning that git gives to it (gitignore(5), wildmatch).
///
/// `*` and `?` stop at '/', `**` as a whole segment crosses it, `[a-z]`, `[!x]` and `[[:alpha:]]` are classes, '\'
/// quotes. Bytes, not characters: `?` is one byte, as in git. Compiled once, immutable, shared freely between threads.
/// Matching takes no recursion and no backtracking beyond the last star of a segment and the last `**`, so a hostile
/// pattern costs at most |pattern| x |path| per segment boundary.

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace squire::corpus {

class Glob {
 public:
  Glob() = default;

  /// Compiles `pattern`. One that can never match (unclosed class, trailing '\') is kept and never matches, as in git.
  explicit Glob(std::string_view pattern);

  /// Whether the whole of `text` matches.
  [[nodiscard]] bool Matches(std::string_view text) const;

  /// Whether some path below the folder `folder` could match: its segments match the first segments of the pattern,
  /// none of which is a `**`. `node_modules/a/*.js` may match below node_modules; `**/a.js` is not said to.
  [[nodiscard]] bool MayMatchBelow(std::string_view folder) const;

 private:
  enum class Op : uint8_t { kByte, kAny, kClass, kStar, kDeepStar, kFolders };
  struct Token {
    Op op;
    uint8_t byte = 0;
    uint16_t klass = 0;
  };
  enum class Shape : uint8_t { kGeneral, kNever, kLiteral, kSuffix };

  bool Compile(std::string_view pattern);
  bool CompileClass(std::string_view pattern, size_t& at);
  size_t CompileStars(std::string_view pattern, size_t at);
  void ChooseShape();
  [[nodiscard]] bool MatchesTokens(std::string_view text, size_t from, size_t to) const;
  [[nodiscard]] bool Accepts(const Token& token, uint8_t byte) const;

  Shape shape_ = Shape::kNever;
  std::string literal_;  ///< The whole (kLiteral), or what follows one leading star (kSuffix).
  std::vector<Token> tokens_;
  std::vector<std::bitset<256>> classes_;
};

/// A user's path filter (`--path`, `--include`, `--exclude`): a Glob without a '/' matches any one segment of the path
/// (so `*.py` finds files and `docs` all below a folder of that name); one with a '/' is anchored at the tree's root
/// and matches the path itself or all that lies below a folder it names.
class PathFilter {
 public:
  explicit PathFilter(std::string_view pattern);

  [[nodiscard]] bool Matches(std::string_view path) const;

  /// As Matches, but of the path itself only: what lies below a folder that the pattern names does not count.
  [[nodiscard]] bool MatchesItself(std::string_view path) const;

  /// Whether this filter names something below `folder`, so that a folder skipped by other rules is worth entering.
  [[nodiscard]] bool MayMatchBelow(std::string_view folder) const { return anchored_ && glob_.MayMatchBelow(folder); }

 private:
  Glob glob_;
  bool anchored_ = false;
};

/// Whether `path` matches `pattern` as PathFilter reads it. Compiles each time; keep a PathFilter for many paths.
bool Match(std::string_view pattern, std::string_view path);

}  // namespace squire::corpus
