#include "query/where/lexer.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace squire::where {
namespace {

enum : uint8_t { kSpace = 1, kNameStart = 2, kDigit = 4, kNamePart = 8 };

constexpr auto kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (const unsigned char c : {' ', '\t', '\n', '\r', '\f', '\v'}) classes[c] = kSpace;
  for (int c = 'a'; c <= 'z'; c++) classes[static_cast<size_t>(c)] = kNameStart | kNamePart;
  for (int c = 'A'; c <= 'Z'; c++) classes[static_cast<size_t>(c)] = kNameStart | kNamePart;
  for (size_t c = 0x80; c < 256; c++) classes[c] = kNameStart | kNamePart;
  classes['_'] = kNameStart | kNamePart;
  for (int c = '0'; c <= '9'; c++) classes[static_cast<size_t>(c)] = kDigit | kNamePart;
  return classes;
}();

uint8_t ClassOf(char c) { return kClasses[static_cast<uint8_t>(c)]; }

/// Up to eight letters as one number, in lower case.
constexpr uint64_t Packed(std::string_view word) {
  uint64_t packed = 0;
  for (const char c : word) packed = packed << 8 | (static_cast<uint8_t>(c) | 0x20);
  return packed;
}

TokenKind KeywordOf(std::string_view word) {
  if (word.size() > 7 || word.size() < 2) return TokenKind::kName;
  switch (Packed(word)) {
    case Packed("and"): return TokenKind::kAnd;
    case Packed("or"): return TokenKind::kOr;
    case Packed("not"): return TokenKind::kNot;
    case Packed("in"): return TokenKind::kIn;
    case Packed("between"): return TokenKind::kBetween;
    case Packed("like"): return TokenKind::kLike;
    case Packed("ilike"): return TokenKind::kIlike;
    case Packed("is"): return TokenKind::kIs;
    case Packed("null"): return TokenKind::kNull;
    case Packed("true"): return TokenKind::kTrue;
    case Packed("false"): return TokenKind::kFalse;
    default: return TokenKind::kName;
  }
}

}  // namespace

bool IsWord(std::string_view word, std::string_view lower) {
  if (word.size() != lower.size()) return false;
  for (size_t i = 0; i < word.size(); i++) {
    const char c = word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] | 0x20) : word[i];
    if (c != lower[i]) return false;
  }
  return true;
}

std::string Unescape(std::string_view content, char quote) {
  std::string out;
  out.reserve(content.size());
  for (size_t i = 0; i < content.size(); i++) {
    out += content[i];
    if (content[i] == quote) i++;  // it stands in its own quotes only doubled
  }
  return out;
}

std::string PlaceOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto lines = std::ranges::count(before, '\n');
  const size_t newline = before.rfind('\n');
  const std::string_view line = newline == std::string_view::npos ? before : before.substr(newline + 1);
  const auto characters = std::ranges::count_if(line, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; });
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(characters + 1);
}

/// False when a comment is not closed.
bool Lexer::SkipSpace() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (ClassOf(c) & kSpace) {
      position_++;
    } else if (c == '-' && text_.substr(position_, 2) == "--") {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (c == '/' && text_.substr(position_, 2) == "/*") {
      const size_t end = text_.find("*/", position_ + 2);
      if (end == std::string_view::npos) return false;
      position_ = end + 2;
    } else {
      return true;
    }
  }
  return true;
}

Status Lexer::Quoted(Token& token, TokenKind kind, char quote) {
  token.kind = kind;
  token.has_escape = false;
  const size_t first = position_ + 1;
  size_t end = first;
  while (true) {
    const void* found = end < text_.size() ? std::memchr(text_.data() + end, quote, text_.size() - end) : nullptr;
    if (found == nullptr)
      return InvalidArgument("the filter is not right at " + PlaceOf(text_, token.begin) + ": the quote " + quote +
                             " that begins here is not closed");
    end = static_cast<size_t>(static_cast<const char*>(found) - text_.data());
    if (end + 1 >= text_.size() || text_[end + 1] != quote) break;
    token.has_escape = true;
    end += 2;
  }
  token.at = static_cast<uint32_t>(first);
  token.size = static_cast<uint32_t>(end - first);
  position_ = end + 1;
  return {};
}

void Lexer::Number(Token& token) {
  token.kind = TokenKind::kInteger;
  size_t at = position_;
  const auto digits = [&] {
    while (at < text_.size() && (ClassOf(text_[at]) & kDigit)) at++;
  };
  digits();
  if (at < text_.size() && text_[at] == '.') {
    token.kind = TokenKind::kFloat;
    at++;
    digits();
  }
  if (at < text_.size() && (text_[at] | 0x20) == 'e') {
    size_t exponent = at + 1;
    if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) exponent++;
    if (exponent < text_.size() && (ClassOf(text_[exponent]) & kDigit)) {
      token.kind = TokenKind::kFloat;
      at = exponent;
      digits();
    }
  }
  token.at = static_cast<uint32_t>(position_);
  token.size = static_cast<uint32_t>(at - position_);
  position_ = at;
}

void Lexer::Name(Token& token) {
  size_t at = position_ + 1;
  while (at < text_.size() && (ClassOf(text_[at]) & kNamePart)) at++;
  token.at = static_cast<uint32_t>(position_);
  token.size = static_cast<uint32_t>(at - position_);
  token.kind = KeywordOf(text_.substr(position_, at - position_));
  position_ = at;
}

void Lexer::Symbol(Token& token) {
  const char next = position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
  uint32_t size = 1;
  const auto two = [&](char second, TokenKind pair, TokenKind single) {
    if (next == second) size = 2;
    return next == second ? pair : single;
  };
  switch (text_[position_]) {
    case ',': token.kind = TokenKind::kComma; break;
    case '(': token.kind = TokenKind::kOpen; break;
    case ')': token.kind = TokenKind::kClose; break;
    case '[': token.kind = TokenKind::kOpenBracket; break;
    case ']': token.kind = TokenKind::kCloseBracket; break;
    case '.': token.kind = TokenKind::kDot; break;
    case '+': token.kind = TokenKind::kPlus; break;
    case '-': token.kind = TokenKind::kMinus; break;
    case '*': token.kind = TokenKind::kStar; break;
    case '/': token.kind = TokenKind::kSlash; break;
    case '%': token.kind = TokenKind::kPercent; break;
    case '=': token.kind = two('=', TokenKind::kEqual, TokenKind::kEqual); break;
    case '!': token.kind = two('=', TokenKind::kNotEqual, TokenKind::kOther); break;
    case '|': token.kind = two('|', TokenKind::kConcat, TokenKind::kOther); break;
    case ':': token.kind = two(':', TokenKind::kCast, TokenKind::kOther); break;
    case '>': token.kind = two('=', TokenKind::kGreaterEqual, TokenKind::kGreater); break;
    case '<':
      token.kind = next == '>' ? TokenKind::kNotEqual : two('=', TokenKind::kLessEqual, TokenKind::kLess);
      if (next == '>') size = 2;
      break;
    default: token.kind = TokenKind::kOther;
  }
  token.at = token.begin;
  token.size = size;
  position_ += size;
}

Status Lexer::Next(Token& token) {
  if (position_ < text_.size() && text_[position_] == ' ') position_++;  // what most tokens follow
  const bool is_plain = position_ < text_.size() && (ClassOf(text_[position_]) & kNamePart);
  if (!is_plain && !SkipSpace())
    return InvalidArgument("the filter is not right at " + PlaceOf(text_, position_) +
                           ": the comment that begins here is not closed");
  token.begin = static_cast<uint32_t>(position_);
  if (position_ >= text_.size()) {
    token = {TokenKind::kEnd, false, token.begin, token.begin, 0};
    return {};
  }
  const char c = text_[position_];
  const char next = position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
  if (c == '\'' || c == '"') return Quoted(token, TokenKind::kString, c);
  if (c == '`') return Quoted(token, TokenKind::kQuotedName, c);
  if ((c == 'x' || c == 'X') && next == '\'') {
    position_++;
    return Quoted(token, TokenKind::kHex, '\'');
  }
  if ((ClassOf(c) & kDigit) || (c == '.' && (ClassOf(next) & kDigit)))
    Number(token);
  else if (ClassOf(c) & kNameStart)
    Name(token);
  else
    Symbol(token);
  return {};
}

}  // namespace squire::where
