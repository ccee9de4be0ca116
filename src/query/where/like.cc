#include "query/where/like.h"

#include <utf8proc.h>

#include <algorithm>

#include "query/where/compute.h"

namespace squire::where {
namespace {

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

template <class Map>
std::string MapCharacters(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    utf8proc_int32_t code_point = -1;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
    const auto size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &code_point);
    if (size <= 0) {  // not UTF-8: as it is
      out += text[at++];
      continue;
    }
    map(code_point, out);
    at += static_cast<size_t>(size);
  }
  return out;
}

void AppendCodePoint(utf8proc_int32_t code_point, std::string& out) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(code_point, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

}  // namespace

size_t CharacterBytes(std::string_view text, size_t at) {
  const auto first = static_cast<uint8_t>(text[at]);
  size_t size = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  size = std::min(size, text.size() - at);
  for (size_t i = 1; i < size; i++) {
    if ((static_cast<uint8_t>(text[at + i]) & 0xC0) != 0x80) return 1;
  }
  return size;
}

std::string ToLower(std::string_view text) {
  if (IsAscii(text)) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    return out;
  }
  return MapCharacters(text, [](utf8proc_int32_t c, std::string& out) { AppendCodePoint(utf8proc_tolower(c), out); });
}

std::string ToUpper(std::string_view text) {
  if (IsAscii(text)) {
    std::string out(text);
    for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
    return out;
  }
  return MapCharacters(text, [](utf8proc_int32_t c, std::string& out) {
    if (c == 0xDF)
      out += "SS";
    else
      AppendCodePoint(utf8proc_toupper(c), out);
  });
}

LikePattern::LikePattern(std::string_view pattern, char escape, bool any_case) : any_case_(any_case) {
  if (escape == 0) escape = '\\';
  const auto append = [&](std::string_view text) {
    if (pieces_.empty() || pieces_.back().kind != Piece::Kind::kText) pieces_.push_back({});
    pieces_.back().text += text;
  };
  for (size_t i = 0; i < pattern.size(); i++) {
    if (pattern[i] == escape) {
      if (i + 1 < pattern.size()) i++;  // one at the end stands for itself
      append(pattern.substr(i, 1));
    } else if (pattern[i] == '%') {
      if (pieces_.empty() || pieces_.back().kind != Piece::Kind::kAny) pieces_.push_back({Piece::Kind::kAny, {}});
    } else if (pattern[i] == '_') {
      pieces_.push_back({Piece::Kind::kOne, {}});
    } else {
      append(pattern.substr(i, 1));
    }
  }
  if (!any_case) return;
  for (Piece& piece : pieces_) piece.text = ToLower(piece.text);
}

bool LikePattern::Matches(std::string_view text) const {
  return any_case_ ? MatchesFolded(ToLower(text)) : MatchesFolded(text);
}

bool LikePattern::MatchesFolded(std::string_view text) const {
  size_t piece = 0, at = 0;
  size_t retry_piece = SIZE_MAX, retry_at = 0;  // behind the last % and where its text may begin next
  while (true) {
    bool fits = piece < pieces_.size();
    if (!fits && at == text.size()) return true;
    if (fits) {
      const Piece& wanted = pieces_[piece];
      if (wanted.kind == Piece::Kind::kAny) {
        if (piece + 1 == pieces_.size()) return true;
        retry_piece = ++piece;
        retry_at = at;
        continue;
      }
      if (wanted.kind == Piece::Kind::kOne) {
        fits = at < text.size();
        if (fits) at += CharacterBytes(text, at);
      } else {
        fits = text.substr(at).starts_with(wanted.text);
        if (fits) at += wanted.text.size();
      }
    }
    if (fits) {
      piece++;
      continue;
    }
    // Only what follows the last % can still move.
    if (retry_piece == SIZE_MAX || retry_at >= text.size()) return false;
    retry_at += CharacterBytes(text, retry_at);
    if (pieces_[retry_piece].kind == Piece::Kind::kText) {
      retry_at = text.find(pieces_[retry_piece].text, retry_at);
      if (retry_at == std::string_view::npos) return false;
    }
    piece = retry_piece;
    at = retry_at;
  }
}

Result<Lane> LikeLanes(const Expr& expr, const Lane& text, const Lane& pattern, size_t rows) {
  Lane out = EmptyLane(kBoolType, rows, text.is_constant && pattern.is_constant);
  const bool is_negated = (expr.flags & kNegated) != 0, any_case = (expr.flags & kAnyCase) != 0;
  const auto escape = static_cast<char>(expr.payload);
  std::optional<LikePattern> shared;
  for (size_t i = 0; i < pattern.text.size(); i++) {
    if (pattern.IsValid(i) && pattern.text[i].size() > kPatternBytesMax)
      return InvalidArgument("a pattern of LIKE has at most " + std::to_string(kPatternBytesMax >> 10) + " KiB");
  }
  if (pattern.is_constant && pattern.IsValid(0)) shared.emplace(pattern.text[0], escape, any_case);
  for (size_t row = 0; row < out.truth.size(); row++) {
    if (!text.IsValid(row) || !pattern.IsValid(row)) continue;
    const std::string_view value = text.text[text.At(row)];
    const bool matches =
        shared ? shared->Matches(value) : LikePattern(pattern.text[pattern.At(row)], escape, any_case).Matches(value);
    out.truth[row] = matches != is_negated ? kTrue : kFalse;
  }
  return out;
}

}  // namespace squire::where
