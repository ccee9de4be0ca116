#pragma once

/// TextQuery: a query for words, parsed. A value; docs/text_search.md has the syntax.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "index/text/analyzer.h"
#include "index/text/word_pattern.h"
#include "squire/result.h"
#include "squire/table.h"

namespace squire::text {

/// A longer query is refused.
inline constexpr size_t kMaxQueryBytes = 64 << 10;

/// Distinct words of a query; one with more is refused.
inline constexpr size_t kMaxQueryWords = 4096;

/// Those of them that stand for others; each walks the words of an index.
inline constexpr size_t kMaxQueryPatterns = 256;

/// Optional clauses; each is looked at for every document that would get in by it.
inline constexpr size_t kMaxOptionalClauses = 1024;

/// What a document must hold, or must not; or what it only counts for as a whole.
struct TextClause {
  enum class Kind : uint8_t {
    kPhrase,  ///< the words, each where it stands after the first one
    kAnyOf,
    kAllOf,
  };
  Kind kind = Kind::kPhrase;
  bool excluded = false;
  bool optional = false;          ///< documents that do not hold it may be answers by something else
  std::vector<uint16_t> words;    ///< indexes into TextQuery::words; never empty
  std::vector<uint32_t> offsets;  ///< of kPhrase: how far each stands behind the first
  std::string column;             ///< that has to hold it; empty: any

  struct Gain {
    uint16_t word = 0;
    double weight = 0;
  };
  std::vector<Gain> gains;  ///< of an optional one: weights that count where it is held
};

struct TextQuery {
  std::vector<std::string> words;     ///< distinct, as the analyzer gives them
  std::vector<WordPattern> patterns;  ///< of each: what it stands for
  std::vector<double> weights;        ///< of each: how often it was asked for, times boosts; without what clauses gain
  std::vector<TextClause> clauses;
  bool finds_nothing = false;  ///< the analyzer left nothing of what must be held

  /// Whether its words stand for themselves and its clauses are phrases of any column, none of them optional, and
  /// it finds something.
  [[nodiscard]] bool is_plain() const;
};

struct QuerySyntax {
  std::vector<std::string> columns;  ///< names that may stand before a colon
  bool all_words = false;            ///< plain words are required
};

/// What a query says. Plain words, "an exact phrase", +required and -excluded words or phrases, begin*, like~1,
/// column:word, boosted^2, AND between what is required. ERRORS: InvalidArgument for more than kMaxQueryBytes.
Result<std::vector<TextCondition>> ParseConditions(std::string_view query, const QuerySyntax& syntax);

/// Conditions in the words that `analyzer` makes of them. The first `typed` of them are of a query that somebody wrote:
/// stop words that these require are passed over.
/// ERRORS: InvalidArgument for a condition out of its limits, for more than kMaxQueryWords distinct words, more than
/// kMaxQueryPatterns patterns or kMaxOptionalClauses optional clauses.
Result<TextQuery> CompileTextQuery(const std::vector<TextCondition>& conditions, const Analyzer& analyzer,
                                   size_t typed = 0);

/// Both, by the rules named kTokenizerName. ERRORS: theirs.
Result<TextQuery> ParseTextQuery(std::string_view query);

}  // namespace squire::text
