#include "index/text/query.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/try.h"
#include "index/text/words.h"

namespace squire::text {

namespace {

constexpr size_t kMaxLikeBytes = 64;  // a longer word is no slip of the pen
constexpr size_t kMaxWordsOfPattern = 4096;
constexpr double kMaxBoost = 1e6;

/// Letters that may differ in a word of so many bytes.
uint8_t UsualEdits(size_t size) { return size <= 2 ? 0 : size <= 5 ? 1 : 2; }

class Compiler {
 public:
  explicit Compiler(const Analyzer& analyzer) : analyzer_(analyzer) {}

  /// Words of phrases and signs first: they may not be left out.
  Result<void> AddClause(const TextCondition& condition) {
    TextClause clause;
    clause.excluded = condition.role == TextCondition::Role::kMustNot;
    clause.column = condition.column;
    using Kind = TextClause::Kind;
    const bool is_phrase = condition.kind == TextCondition::Kind::kPhrase;
    clause.kind = is_phrase ? Kind::kPhrase : condition.all_words ? Kind::kAllOf : Kind::kAnyOf;
    bool fits = true;
    ForEachWordOf(condition, [&](std::string_view word, const WordPattern& pattern, uint32_t position) {
      // Whole identifiers and pairs say again what their parts say.
      const bool is_part = !analyzer_.is_code() || position % 2 == 0 || condition.kind == TextCondition::Kind::kPrefix;
      if (clause.excluded && !is_part) return;
      const int index = Intern(word, pattern);
      if (index < 0) {
        fits = false;
        return;
      }
      if (is_part) {
        clause.words.push_back(static_cast<uint16_t>(index));
        clause.offsets.push_back(position);
      }
      if (!clause.excluded) query_.weights[static_cast<size_t>(index)] += condition.boost;
    });
    if (!fits) {
      return InvalidArgument("the phrases and signed words of a query may have " + std::to_string(kMaxQueryWords) +
                             " distinct words, this one has more");
    }
    if (clause.words.empty()) return {};
    for (size_t i = clause.offsets.size(); i > 0; i--) clause.offsets[i - 1] -= clause.offsets[0];
    if (clause.words.size() == 1) clause.kind = Kind::kPhrase;
    if (clause.kind == Kind::kAllOf && !clause.excluded) return Split(clause);
    if (clause.kind == Kind::kAnyOf && clause.excluded) return Split(clause);
    query_.clauses.push_back(std::move(clause));
    return {};
  }

  void AddPlain(const TextCondition& condition) {
    ForEachWordOf(condition, [&](std::string_view word, const WordPattern& pattern, uint32_t) {
      const int index = Intern(word, pattern);
      if (index < 0) {
        query_.truncated = true;
      } else {
        query_.weights[static_cast<size_t>(index)] += condition.boost;
      }
    });
  }

  TextQuery Take() && { return std::move(query_); }

 private:
  /// A clause for each word: all of them hold, or none may.
  Result<void> Split(const TextClause& clause) {
    for (const uint16_t word : clause.words) {
      TextClause one{TextClause::Kind::kPhrase, clause.excluded, {word}, {0}, clause.column};
      query_.clauses.push_back(std::move(one));
    }
    return {};
  }

  template <class Use>
  void ForEachWordOf(const TextCondition& condition, Use use) {
    if (condition.kind == TextCondition::Kind::kPrefix) {
      const std::string begin = analyzer_.FoldWord(condition.text);
      WordPattern pattern;
      pattern.kind = WordPattern::Kind::kPrefix;
      pattern.words_max = WordsMax(condition);
      if (!begin.empty()) use(begin, pattern, 0);
      return;
    }
    analyzer_.ForEach(condition.text, [&](std::string_view word, uint32_t position) {
      use(word, PatternOf(condition, word), position);
    });
  }

  static uint32_t WordsMax(const TextCondition& condition) {
    return static_cast<uint32_t>(std::min(condition.words_max, kMaxWordsOfPattern));
  }

  static WordPattern PatternOf(const TextCondition& condition, std::string_view word) {
    WordPattern pattern;
    if (condition.kind != TextCondition::Kind::kWords || condition.edits == 0 || word.size() > kMaxLikeBytes)
      return pattern;
    pattern.edits = condition.edits < 0 ? UsualEdits(word.size()) : static_cast<uint8_t>(condition.edits);
    if (pattern.edits == 0) return pattern;
    pattern.kind = WordPattern::Kind::kLike;
    pattern.prefix_size = static_cast<uint32_t>(std::min(condition.prefix_size, kMaxLikeBytes));
    pattern.words_max = WordsMax(condition);
    return pattern;
  }

  int Intern(std::string_view word, const WordPattern& pattern) {
    const auto [begin, end] = index_.equal_range(word);
    for (auto at = begin; at != end; ++at)
      if (query_.patterns[static_cast<size_t>(at->second)] == pattern) return at->second;
    if (query_.words.size() == kMaxQueryWords) return -1;
    const int index = static_cast<int>(query_.words.size());
    query_.words.emplace_back(word);
    query_.patterns.push_back(pattern);
    query_.weights.push_back(0);
    index_.emplace(word, index);
    return index;
  }

  const Analyzer& analyzer_;
  TextQuery query_;
  std::multimap<std::string, int, std::less<>> index_;
};

Result<void> Check(const TextCondition& condition) {
  if (condition.text.size() > kMaxQueryBytes)
    return InvalidArgument("a condition may have " + std::to_string(kMaxQueryBytes) + " bytes, this one has " +
                           std::to_string(condition.text.size()));
  if (condition.edits < -1 || condition.edits > kMaxEdits)
    return InvalidArgument("words may differ by " + std::to_string(kMaxEdits) + " letters at most");
  if (!(condition.boost > 0 && condition.boost <= kMaxBoost))
    return InvalidArgument("a boost is above 0 and at most 1000000");
  if (condition.words_max == 0) return InvalidArgument("a word stands for at least one word");
  return {};
}

/// A plain word of a query that asks for no column: nothing else says whether a document is an answer.
bool IsPlain(const TextCondition& condition) {
  return condition.role == TextCondition::Role::kShould && condition.column.empty() && !condition.all_words;
}

}  // namespace

bool TextQuery::is_plain() const {
  return std::ranges::all_of(patterns, [](const WordPattern& one) { return one == WordPattern(); }) &&
         std::ranges::all_of(clauses, [](const TextClause& clause) {
           return clause.column.empty() && clause.kind == TextClause::Kind::kPhrase;
         });
}

Result<TextQuery> CompileTextQuery(const std::vector<TextCondition>& conditions, const Analyzer& analyzer) {
  Compiler compiler(analyzer);
  for (const TextCondition& condition : conditions) {
    TRY(Check(condition));
    if (!IsPlain(condition)) TRY(compiler.AddClause(condition));
  }
  for (const TextCondition& condition : conditions)
    if (IsPlain(condition)) compiler.AddPlain(condition);
  return std::move(compiler).Take();
}

Result<TextQuery> ParseTextQuery(std::string_view query) {
  const auto conditions = TRY(ParseConditions(query, {}));
  return CompileTextQuery(conditions, *Analyzer::ForCode());
}

}  // namespace squire::text
