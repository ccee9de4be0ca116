#pragma once

/// Lexer: cuts a filter's text into tokens, one at a time, without a copy. Belongs to one thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "query/where/status.h"

namespace squire::where {

/// The longest filter text.
inline constexpr size_t kTextBytesMax = size_t{256} << 20;

enum class TokenKind : uint8_t {
  kEnd,
  kName,        ///< an identifier or keyword that has no kind of its own below
  kQuotedName,  ///< `name`, the text between the backticks
  kString,      ///< 'text' or "text", what lies between the quotes
  kHex,         ///< x'6162', the digits
  kInteger,
  kFloat,
  kComma,
  kOpen,
  kClose,
  kOpenBracket,
  kCloseBracket,
  kDot,
  kEqual,  ///< comparisons: in the order of CompareOp
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kConcat,  ///< ||
  kCast,    ///< ::
  kOther,   ///< punctuation that the language has no use for
  kAnd,     ///< keywords
  kOr,
  kNot,
  kIn,
  kBetween,
  kLike,
  kIlike,
  kIs,
  kNull,
  kTrue,
  kFalse,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  bool has_escape = false;  ///< the quoted text holds its own quote, doubled
  uint32_t begin = 0;       ///< of the whole token, in the text
  uint32_t at = 0;          ///< of its content
  uint32_t size = 0;        ///< of its content
};

/// "line 1, column 8" of a byte offset, both from 1, columns in characters.
std::string PlaceOf(std::string_view text, size_t offset);

class Lexer {
 public:
  /// REQUIRES: text.size() <= kTextBytesMax; the text outlives the lexer.
  explicit Lexer(std::string_view text) : text_(text) {}

  /// The next token. ERRORS: InvalidArgument for a quote or comment that is not closed.
  Status Next(Token& token);

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::string_view Content(const Token& token) const { return text_.substr(token.at, token.size); }
  [[nodiscard]] size_t position() const { return position_; }
  void set_position(size_t position) { position_ = position; }

 private:
  bool SkipSpace();
  Status Quoted(Token& token, TokenKind kind, char quote);
  void Number(Token& token);
  void Name(Token& token);
  void Symbol(Token& token);

  std::string_view text_;
  size_t position_ = 0;
};

/// `content` of a quoted token with each doubled `quote` made one.
std::string Unescape(std::string_view content, char quote);

/// True when `word` is `lower`, whatever its case. REQUIRES: `lower` is in lower case.
bool IsWord(std::string_view word, std::string_view lower);

}  // namespace squire::where
