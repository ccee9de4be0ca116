// The syntax of queries: docs/text_search.md.

#include <algorithm>
#include <cstdlib>

#include "index/text/query.h"

namespace squire::text {
namespace {

struct Item {
  char sign = 0;  // '+', '-' or 0
  bool quoted = false;
  std::string_view column, text, suffix;  // suffix of a phrase: what follows its quote
};

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<uint8_t>(c) >= 0x80;
}

// What may follow a sign for it to be one: the start of a word or of a phrase. "-1" and "--flag" are plain, so that a
// number or a long option can be searched for as it is written.
bool CanFollowSign(char c) { return c == '"' || IsLetter(c); }

/// A number after '^' up to the end of `text`: digits and at most one point. 0 for anything else.
double BoostAt(std::string_view text) {
  if (text.size() < 2 || text.size() > 8 || text[0] != '^' || !IsDigit(text[1])) return 0;
  if (std::ranges::count(text, '.') > 1) return 0;
  if (!std::ranges::all_of(text.substr(1), [](char c) { return IsDigit(c) || c == '.'; })) return 0;
  return std::strtod(std::string(text.substr(1)).c_str(), nullptr);
}

// The quote that ends the phrase opened at `open`, or npos. What follows it must be a space, a boost or the end, so
// that code that is pasted, f("a", "b"), is not taken for phrases.
size_t ClosingQuote(std::string_view query, size_t open) {
  const size_t close = query.find('"', open + 1);
  if (close == std::string_view::npos) return close;
  size_t end = close + 1;
  while (end < query.size() && !IsSpace(query[end])) end++;
  const std::string_view rest = query.substr(close + 1, end - close - 1);
  return rest.empty() || BoostAt(rest) > 0 ? close : std::string_view::npos;
}

class Parser {
 public:
  Parser(std::string_view query, const QuerySyntax& syntax) : query_(query), syntax_(syntax) {}

  std::vector<TextCondition> Run() {
    SplitItems();
    for (size_t i = 0; i < items_.size(); i++) {
      if (IsAnd(i)) continue;
      const bool is_required = syntax_.all_words || (i > 0 && IsAnd(i - 1)) || IsAnd(i + 1);
      AddCondition(items_[i], is_required);
    }
    return std::move(conditions_);
  }

 private:
  void SplitItems() {
    for (size_t at = 0; at < query_.size();) {
      if (IsSpace(query_[at])) {
        ++at;
        continue;
      }
      Item item;
      if ((query_[at] == '+' || query_[at] == '-') && at + 1 < query_.size() && CanFollowSign(query_[at + 1]))
        item.sign = query_[at++];
      item.column = ColumnAt(at);
      if (!item.column.empty()) at += item.column.size() + 1;
      const size_t close = query_[at] == '"' ? ClosingQuote(query_, at) : std::string_view::npos;
      item.quoted = close != std::string_view::npos;
      const size_t begin = at;
      if (item.quoted) at = close + 1;
      const size_t rest = at;
      while (at < query_.size() && !IsSpace(query_[at])) ++at;
      item.text = item.quoted ? query_.substr(begin + 1, close - begin - 1) : query_.substr(begin, at - begin);
      if (item.quoted) item.suffix = query_.substr(rest, at - rest);
      items_.push_back(item);
    }
  }

  /// The name of a column that stands before a colon and a word or phrase.
  [[nodiscard]] std::string_view ColumnAt(size_t at) const {
    for (const std::string& column : syntax_.columns) {
      const std::string_view rest = query_.substr(at);
      if (!column.empty() && rest.size() > column.size() + 1 && rest.starts_with(column) &&
          rest[column.size()] == ':' && (CanFollowSign(rest[column.size() + 1]) || IsDigit(rest[column.size() + 1])))
        return rest.substr(0, column.size());
    }
    return {};
  }

  /// Whether item `i` is the operator: AND alone, between two others.
  [[nodiscard]] bool IsAnd(size_t i) const {
    return i > 0 && i + 1 < items_.size() && items_[i].text == "AND" && !items_[i].quoted && items_[i].sign == 0 &&
           items_[i].column.empty();
  }

  void AddCondition(const Item& item, bool is_required) {
    TextCondition out;
    std::string_view text = item.text;
    if (item.quoted) {
      if (const double boost = BoostAt(item.suffix); boost > 0) out.boost = boost;
    } else {
      TakeBoost(text, out);
      TakePattern(text, out);
    }
    out.text = text;
    out.column = item.column;
    const bool is_clause = item.quoted || item.sign != 0 || is_required || !item.column.empty();
    if (is_clause) {
      out.role = item.sign == '-' ? TextCondition::Role::kMustNot : TextCondition::Role::kMust;
      if (out.kind == TextCondition::Kind::kWords && out.edits == 0) out.kind = TextCondition::Kind::kPhrase;
      if (out.kind == TextCondition::Kind::kWords) out.all_words = out.role == TextCondition::Role::kMust;
    }
    conditions_.push_back(std::move(out));
  }

  /// "word^2", where there are letters before it: "x^2" is what it was.
  static void TakeBoost(std::string_view& text, TextCondition& out) {
    const size_t at = text.rfind('^');
    if (at == std::string_view::npos || at < 2) return;
    const char before = text[at - 1];
    if (!IsLetter(text[0]) || !(IsLetter(before) || IsDigit(before) || before == '*' || before == '~')) return;
    const double boost = BoostAt(text.substr(at));
    if (boost <= 0) return;
    out.boost = boost;
    text = text.substr(0, at);
  }

  /// "begin*", "like~" and "like~2", where all before it is one word.
  static void TakePattern(std::string_view& text, TextCondition& out) {
    const size_t at = text.find_first_of("*~");
    if (at == std::string_view::npos || at < 2 || !IsLetter(text[0])) return;
    const std::string_view word = text.substr(0, at), rest = text.substr(at);
    if (!std::ranges::all_of(word, [](char c) { return IsLetter(c) || IsDigit(c); })) return;
    if (rest == "*") {
      out.kind = TextCondition::Kind::kPrefix;
      out.words_max = 1024;
    } else if (rest == "~") {
      out.edits = -1;
    } else if (rest == "~1" || rest == "~2") {
      out.edits = rest[1] - '0';
    } else {
      return;
    }
    text = word;
  }

  std::string_view query_;
  const QuerySyntax& syntax_;
  std::vector<Item> items_;
  std::vector<TextCondition> conditions_;
};

}  // namespace

Result<std::vector<TextCondition>> ParseConditions(std::string_view query, const QuerySyntax& syntax) {
  if (query.size() > kMaxQueryBytes) {
    return InvalidArgument("a query may have " + std::to_string(kMaxQueryBytes) + " bytes, this one has " +
                           std::to_string(query.size()));
  }
  return Parser(query, syntax).Run();
}

}  // namespace squire::text
