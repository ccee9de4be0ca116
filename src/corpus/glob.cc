#include "corpus/glob.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace squire::corpus {
namespace {

constexpr size_t kPatternBytesMax = 4096;  // as long as a path can be
constexpr size_t kNone = static_cast<size_t>(-1);

using ByteSet = std::bitset<256>;

/// The bytes of a POSIX class such as "alpha" in the C locale, or nothing for a name that is none.
std::optional<ByteSet> NamedClass(std::string_view name) {
  using Test = int (*)(int);
  static constexpr std::pair<std::string_view, Test> kNames[] = {
      {"alnum", std::isalnum}, {"alpha", std::isalpha}, {"blank", std::isblank}, {"cntrl", std::iscntrl},
      {"digit", std::isdigit}, {"graph", std::isgraph}, {"lower", std::islower}, {"print", std::isprint},
      {"punct", std::ispunct}, {"space", std::isspace}, {"upper", std::isupper}, {"xdigit", std::isxdigit}};
  for (const auto& [known, test] : kNames) {
    if (known != name) continue;
    ByteSet set;
    for (int c = 0; c < 128; ++c) set[c] = test(c) != 0;
    return set;
  }
  return std::nullopt;
}

}  // namespace

Glob::Glob(std::string_view pattern) {
  if (pattern.size() > kPatternBytesMax || !Compile(pattern)) {
    tokens_.clear();
    return;
  }
  ChooseShape();
}

bool Glob::Compile(std::string_view pattern) {
  for (size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '*') {
      at = CompileStars(pattern, at);
    } else if (c == '[') {
      if (!CompileClass(pattern, at)) return false;
    } else if (c == '?') {
      tokens_.push_back({Op::kAny});
      ++at;
    } else {
      if (c == '\\' && ++at == pattern.size()) return false;
      tokens_.push_back({Op::kByte, static_cast<uint8_t>(pattern[at++])});
    }
  }
  return true;
}

size_t Glob::CompileStars(std::string_view pattern, size_t at) {
  size_t end = at;
  while (end < pattern.size() && pattern[end] == '*') ++end;
  const bool whole_segment = end - at >= 2 && (at == 0 || pattern[at - 1] == '/') &&
                             (end == pattern.size() || pattern[end] == '/' || pattern.substr(end, 2) == "\\/");
  if (!whole_segment) {
    tokens_.push_back({Op::kStar});
  } else if (end < pattern.size() && pattern[end] == '/') {
    tokens_.push_back({Op::kFolders});  // "**/" is no folder or any number of them
    ++end;
  } else {
    tokens_.push_back({Op::kDeepStar});
  }
  return end;
}

bool Glob::CompileClass(std::string_view pattern, size_t& at) {
  size_t p = at + 1;
  const auto peek = [&](size_t i) { return i < pattern.size() ? static_cast<uint8_t>(pattern[i]) : 0; };
  const bool negated = peek(p) == '!' || peek(p) == '^';
  if (negated) ++p;
  ByteSet set;
  uint8_t previous = 0;  // what a '-' would start from; 0 after a range or a named class
  bool first = true;
  for (; first || peek(p) != ']'; ++p, first = false) {
    uint8_t c = peek(p);
    if (c == 0) return false;
    if (c == '\\') {
      c = peek(++p);
      if (c == 0) return false;
      set.set(c);
      previous = c;
    } else if (c == '-' && previous != 0 && peek(p + 1) != 0 && peek(p + 1) != ']') {
      uint8_t last = peek(++p);
      if (last == '\\') last = peek(++p);
      if (last == 0) return false;
      for (unsigned b = previous; b <= last; ++b) set.set(b);
      previous = 0;
    } else if (c == '[' && peek(p + 1) == ':') {
      const size_t close = pattern.find(']', p + 2);
      if (close == std::string_view::npos) return false;
      if (close < p + 3 || pattern[close - 1] != ':') {  // no ":]": an ordinary '['
        set.set('[');
        previous = '[';
        continue;
      }
      const auto named = NamedClass(pattern.substr(p + 2, close - p - 3));
      if (!named) return false;
      set |= *named;
      previous = 0;
      p = close;
    } else {
      set.set(c);
      previous = c;
    }
  }
  if (negated) set.flip();
  set.reset('/');
  tokens_.push_back({Op::kClass, 0, static_cast<uint16_t>(classes_.size())});
  classes_.push_back(set);
  at = p + 1;
  return true;
}

void Glob::ChooseShape() {
  shape_ = Shape::kGeneral;
  const size_t skip = !tokens_.empty() && tokens_[0].op == Op::kStar ? 1 : 0;
  if (!std::all_of(tokens_.begin() + skip, tokens_.end(), [](const Token& t) { return t.op == Op::kByte; })) return;
  for (size_t i = skip; i < tokens_.size(); ++i) literal_ += static_cast<char>(tokens_[i].byte);
  if (skip == 0) {
    shape_ = Shape::kLiteral;
  } else if (literal_.find('/') == std::string::npos) {
    shape_ = Shape::kSuffix;
  }
}

bool Glob::Accepts(const Token& token, uint8_t byte) const {
  switch (token.op) {
    case Op::kByte: return token.byte == byte;
    case Op::kAny: return byte != '/';
    case Op::kClass: return classes_[token.klass][byte];
    default: return false;
  }
}

bool Glob::Matches(std::string_view text) const {
  switch (shape_) {
    case Shape::kNever: return false;
    case Shape::kLiteral: return text == literal_;
    case Shape::kSuffix: return text.ends_with(literal_) && text.find('/') == std::string_view::npos;
    case Shape::kGeneral: break;
  }
  return MatchesTokens(text, 0, tokens_.size());
}

/// Two places to come back to suffice: an earlier arrival at a star leaves it every text that a later arrival would, so
/// stars before the last `**`, and stars of a segment that is passed, need no second try.
bool Glob::MatchesTokens(std::string_view text, size_t from, size_t to) const {
  size_t token = from;
  size_t at = 0;
  size_t star_token = kNone, star_at = 0;
  size_t deep_token = kNone, deep_at = 0;
  for (;;) {
    if (token < to) {
      const Token& t = tokens_[token];
      if (t.op == Op::kStar) {
        star_token = ++token;
        star_at = at;
        continue;
      }
      if (t.op == Op::kDeepStar || t.op == Op::kFolders) {
        if (t.op == Op::kDeepStar && token + 1 == to) return true;
        deep_token = token++;
        deep_at = at;
        star_token = kNone;
        continue;
      }
      if (at < text.size() && Accepts(t, static_cast<uint8_t>(text[at]))) {
        if (text[at] == '/') star_token = kNone;
        ++token;
        ++at;
        continue;
      }
    } else if (at == text.size()) {
      return true;
    }
    if (star_token != kNone && star_at < text.size() && text[star_at] != '/') {
      token = star_token;
      at = ++star_at;
      continue;
    }
    if (deep_token == kNone) return false;
    if (tokens_[deep_token].op == Op::kFolders) {
      deep_at = text.find('/', deep_at);
      if (deep_at == std::string_view::npos) return false;
      ++deep_at;
    } else if (++deep_at > text.size()) {
      return false;
    }
    star_token = kNone;
    token = deep_token + 1;
    at = deep_at;
  }
}

bool Glob::MayMatchBelow(std::string_view folder) const {
  size_t from = 0;
  while (!folder.empty()) {
    const size_t slash = std::min(folder.find('/'), folder.size());
    size_t to = from;
    while (to < tokens_.size() && !(tokens_[to].op == Op::kByte && tokens_[to].byte == '/')) {
      if (tokens_[to].op == Op::kFolders || tokens_[to].op == Op::kDeepStar) return from != 0;
      ++to;
    }
    if (to == tokens_.size() || !MatchesTokens(folder.substr(0, slash), from, to)) return false;
    folder.remove_prefix(std::min(slash + 1, folder.size()));
    from = to + 1;
  }
  return true;
}

PathFilter::PathFilter(std::string_view pattern) {
  while (pattern.starts_with("./")) pattern.remove_prefix(2);
  while (pattern.ends_with('/') && !pattern.ends_with("\\/")) pattern.remove_suffix(1);
  anchored_ = pattern.find('/') != std::string_view::npos;
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  glob_ = Glob(pattern);
}

bool PathFilter::Matches(std::string_view path) const {
  if (anchored_) {
    if (glob_.Matches(path)) return true;
    for (size_t i = path.rfind('/'); i != std::string_view::npos && i > 0; i = path.rfind('/', i - 1)) {
      if (glob_.Matches(path.substr(0, i))) return true;
    }
    return false;
  }
  for (;;) {
    const size_t slash = path.find('/');
    if (glob_.Matches(path.substr(0, slash))) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

bool PathFilter::MatchesItself(std::string_view path) const {
  const size_t slash = anchored_ ? std::string_view::npos : path.rfind('/');
  return glob_.Matches(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

bool Match(std::string_view pattern, std::string_view path) { return PathFilter(pattern).Matches(path); }

}  // namespace squire::corpus
