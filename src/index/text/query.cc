#include "index/text/query.h"

#include <map>

#include "base/try.h"
#include "index/text/words.h"

namespace squire::text {

namespace {

struct Item {
  char sign = 0;  // '+', '-' or 0
  bool quoted = false;
  std::string_view text;
};

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What may follow a sign for it to be one: the start of a word or of a phrase. "-1" and "--flag" are plain, so that a
// number or a long option can be searched for as it is written.
bool CanFollowSign(char c) {
  return c == '"' || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<uint8_t>(c) >= 0x80;
}

// The quote that ends the phrase opened at `open`, or npos. What follows it must be a space or the end, so that code
// that is pasted, f("a", "b"), is not taken for phrases.
size_t ClosingQuote(std::string_view query, size_t open) {
  const size_t close = query.find('"', open + 1);
  if (close == std::string_view::npos) return close;
  return close + 1 == query.size() || IsSpace(query[close + 1]) ? close : std::string_view::npos;
}

std::vector<Item> SplitItems(std::string_view query) {
  std::vector<Item> items;
  for (size_t at = 0; at < query.size();) {
    if (IsSpace(query[at])) {
      ++at;
      continue;
    }
    Item item;
    if ((query[at] == '+' || query[at] == '-') && at + 1 < query.size() && CanFollowSign(query[at + 1])) {
      item.sign = query[at++];
    }
    const size_t close = query[at] == '"' ? ClosingQuote(query, at) : std::string_view::npos;
    if (close != std::string_view::npos) {
      item.quoted = true;
      item.text = query.substr(at + 1, close - at - 1);
      at = close + 1;
    } else {
      const size_t begin = at;
      while (at < query.size() && !IsSpace(query[at])) ++at;
      item.text = query.substr(begin, at - begin);
    }
    items.push_back(item);
  }
  return items;
}

class Builder {
 public:
  // Words of phrases and signs first: they may not be left out.
  Result<void> AddClause(const Item& item) {
    TextClause clause{.excluded = item.sign == '-', .words = {}};
    bool fits = true;
    ForEachWord(item.text, [&](std::string_view word, WordKind kind) {
      if (clause.excluded && kind != WordKind::kPart) return;
      const int index = Intern(word);
      if (index < 0) {
        fits = false;
        return;
      }
      if (kind == WordKind::kPart) clause.words.push_back(static_cast<uint16_t>(index));
      if (!clause.excluded) ++query_.weights[static_cast<size_t>(index)];
    });
    if (!fits) {
      return InvalidArgument("the phrases and signed words of a query may have " + std::to_string(kMaxQueryWords) +
                             " distinct words, this one has more");
    }
    if (!clause.words.empty()) query_.clauses.push_back(std::move(clause));
    return {};
  }

  void AddPlain(const Item& item) {
    ForEachWord(item.text, [&](std::string_view word, WordKind) {
      const int index = Intern(word);
      if (index < 0) {
        query_.truncated = true;
      } else {
        ++query_.weights[static_cast<size_t>(index)];
      }
    });
  }

  TextQuery Take() && { return std::move(query_); }

 private:
  int Intern(std::string_view word) {
    const auto known = index_.find(word);
    if (known != index_.end()) return known->second;
    if (query_.words.size() == kMaxQueryWords) return -1;
    const int index = static_cast<int>(query_.words.size());
    query_.words.emplace_back(word);
    query_.weights.push_back(0);
    index_.emplace(word, index);
    return index;
  }

  TextQuery query_;
  std::map<std::string, int, std::less<>> index_;
};

}  // namespace

Result<TextQuery> ParseTextQuery(std::string_view query) {
  if (query.size() > kMaxQueryBytes) {
    return InvalidArgument("a query may have " + std::to_string(kMaxQueryBytes) + " bytes, this one has " +
                           std::to_string(query.size()));
  }
  Builder builder;
  const auto items = SplitItems(query);
  for (const Item& item : items) {
    if (item.quoted || item.sign) TRY(builder.AddClause(item));
  }
  for (const Item& item : items) {
    if (!item.quoted && !item.sign) builder.AddPlain(item);
  }
  return std::move(builder).Take();
}

}  // namespace squire::text
