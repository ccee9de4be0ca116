#pragma once

/// LikePattern: what LIKE compares with, ready to be matched. Immutable; any thread may match.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace squire::where {

/// The longest pattern of LIKE.
inline constexpr size_t kPatternBytesMax = size_t{64} << 10;

class LikePattern {
 public:
  /// `%` stands for any text, `_` for one character, `escape` (0: the backslash) takes the meaning from what follows.
  LikePattern(std::string_view pattern, char escape, bool any_case);

  /// O(text x pattern) at worst, without recursion.
  [[nodiscard]] bool Matches(std::string_view text) const;

 private:
  struct Piece {
    enum class Kind : uint8_t { kText, kOne, kAny } kind = Kind::kText;
    std::string text;
  };
  [[nodiscard]] bool MatchesFolded(std::string_view text) const;

  std::vector<Piece> pieces_;
  bool any_case_;
};

/// Bytes of the character that begins at `at`; at least 1, also of what is no UTF-8.
size_t CharacterBytes(std::string_view text, size_t at);
/// Each character in lower case, or in upper case ("ß" becomes "SS").
std::string ToLower(std::string_view text);
std::string ToUpper(std::string_view text);

}  // namespace squire::where
