#include "index/text/query.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

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

  /// What must be held, must not, or counts as a whole.
  Result<void> AddClause(const TextCondition& condition, TextCondition::Role role, bool may_be_empty) {
    using Kind = TextClause::Kind;
    TextClause clause;
    clause.excluded = role == TextCondition::Role::kMustNot;
    clause.optional = role == TextCondition::Role::kShould;
    clause.column = condition.column;
    const bool is_phrase = condition.kind == TextCondition::Kind::kPhrase;
    clause.kind = is_phrase ? Kind::kPhrase : condition.all_words ? Kind::kAllOf : Kind::kAnyOf;
    ForEachWordOf(condition, [&](std::string_view word, const WordPattern& pattern, uint32_t position) {
      // Whole identifiers and pairs say again what their parts say.
      const bool is_part = !analyzer_.is_code() || position % 2 == 0 || condition.kind == TextCondition::Kind::kPrefix;
      if (clause.excluded && !is_part) return;
      const auto index = Intern(word, pattern);
      if (!index) return;
      if (is_part) {
        clause.words.push_back(*index);
        clause.offsets.push_back(position);
      }
      if (clause.optional)
        clause.gains.push_back({*index, condition.boost});
      else if (!clause.excluded)
        query_.weights[*index] += condition.boost;
    });
    TRY(CheckLimits());
    if (clause.words.empty()) {
      const bool is_required = role == TextCondition::Role::kMust && !may_be_empty;
      query_.finds_nothing = query_.finds_nothing || is_required;
      return {};
    }
    for (size_t i = clause.offsets.size(); i > 0; i--) clause.offsets[i - 1] -= clause.offsets[0];
    if (clause.words.size() == 1) clause.kind = Kind::kPhrase;
    if (clause.optional) return AddOptional(std::move(clause));
    if (clause.kind == (clause.excluded ? Kind::kAnyOf : Kind::kAllOf)) {
      for (const uint16_t word : clause.words) AddOneOf(clause, word);
    } else {
      query_.clauses.push_back(std::move(clause));
    }
    return {};
  }

  Result<void> AddPlain(const TextCondition& condition) {
    ForEachWordOf(condition, [&](std::string_view word, const WordPattern& pattern, uint32_t) {
      if (const auto index = Intern(word, pattern)) query_.weights[*index] += condition.boost;
    });
    return CheckLimits();
  }

  TextQuery Take() && { return std::move(query_); }

 private:
  /// A clause of one of its words: all of them hold, or none may.
  TextClause& AddOneOf(const TextClause& clause, uint16_t word) {
    TextClause one;
    one.excluded = clause.excluded;
    one.optional = clause.optional;
    one.words = {word};
    one.offsets = {0};
    one.column = clause.column;
    return query_.clauses.emplace_back(std::move(one));
  }

  Result<void> AddOptional(TextClause clause) {
    if (clause.words.size() == 1 && clause.column.empty()) {  // whoever holds it holds the word, and so counts for it
      for (const TextClause::Gain& gain : clause.gains) query_.weights[gain.word] += gain.weight;
      return {};
    }
    const bool is_any = clause.kind == TextClause::Kind::kAnyOf;
    num_optional_ += is_any ? clause.gains.size() : 1;
    if (num_optional_ > kMaxOptionalClauses)
      return InvalidArgument("a query may have " + std::to_string(kMaxOptionalClauses) +
                             " phrases, sets of words and words of a column that should be held, this one has more");
    if (!is_any) {
      query_.clauses.push_back(std::move(clause));
    } else {
      for (const TextClause::Gain& gain : clause.gains) AddOneOf(clause, gain.word).gains = {gain};
    }
    return {};
  }

  [[nodiscard]] Result<void> CheckLimits() const {
    if (has_many_patterns_)
      return InvalidArgument("a query may have " + std::to_string(kMaxQueryPatterns) +
                             " distinct words that stand for others, this one has more");
    if (has_many_words_)
      return InvalidArgument("a query may have " + std::to_string(kMaxQueryWords) +
                             " distinct words, this one has more");
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

  /// Nothing for a word too many.
  std::optional<uint16_t> Intern(std::string_view word, const WordPattern& pattern) {
    const auto [begin, end] = index_.equal_range(word);
    for (auto at = begin; at != end; ++at)
      if (query_.patterns[at->second] == pattern) return at->second;
    const bool is_pattern = pattern.kind != WordPattern::Kind::kItself;
    has_many_words_ = has_many_words_ || query_.words.size() == kMaxQueryWords;
    has_many_patterns_ = has_many_patterns_ || (is_pattern && num_patterns_ == kMaxQueryPatterns);
    if (has_many_words_ || has_many_patterns_) return std::nullopt;
    num_patterns_ += is_pattern ? 1 : 0;
    const auto index = static_cast<uint16_t>(query_.words.size());
    query_.words.emplace_back(word);
    query_.patterns.push_back(pattern);
    query_.weights.push_back(0);
    index_.emplace(word, index);
    return index;
  }

  const Analyzer& analyzer_;
  TextQuery query_;
  std::multimap<std::string, uint16_t, std::less<>> index_;
  size_t num_patterns_ = 0, num_optional_ = 0;
  bool has_many_words_ = false, has_many_patterns_ = false;
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

/// Words each of which counts by itself: nothing else says whether a document is an answer.
bool IsPlain(const TextCondition& condition) {
  return condition.role == TextCondition::Role::kShould && condition.column.empty() && !condition.all_words &&
         condition.kind != TextCondition::Kind::kPhrase;
}

/// Whether all of it is one word, too long for the analyzer: unlike a stop word it was meant.
bool IsTooLong(std::string_view text, const Analyzer& analyzer) {
  return text.size() >= analyzer.max_word_bytes() && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

bool TextQuery::is_plain() const {
  return !finds_nothing && std::ranges::all_of(patterns, [](const WordPattern& one) { return one == WordPattern(); }) &&
         std::ranges::all_of(clauses, [](const TextClause& clause) {
           return clause.column.empty() && clause.kind == TextClause::Kind::kPhrase && !clause.optional;
         });
}

Result<TextQuery> CompileTextQuery(const std::vector<TextCondition>& conditions, const Analyzer& analyzer,
                                   size_t typed) {
  using Role = TextCondition::Role;
  const auto count = [&](Role role) { return std::ranges::count(conditions, role, &TextCondition::role); };
  // What alone makes a document an answer is required.
  const bool is_one = count(Role::kMust) == 0 && count(Role::kShould) == 1;
  Compiler compiler(analyzer);
  for (size_t i = 0; i < conditions.size(); i++) {
    const TextCondition& condition = conditions[i];
    TRY(Check(condition));
    const Role role = is_one && condition.role == Role::kShould ? Role::kMust : condition.role;
    if (IsPlain(condition))
      TRY(compiler.AddPlain(condition));
    else
      TRY(compiler.AddClause(condition, role, i < typed && !IsTooLong(condition.text, analyzer)));
  }
  return std::move(compiler).Take();
}

Result<TextQuery> ParseTextQuery(std::string_view query) {
  const auto conditions = TRY(ParseConditions(query, {}));
  return CompileTextQuery(conditions, *Analyzer::ForCode(), conditions.size());
}

}  // namespace squire::text
