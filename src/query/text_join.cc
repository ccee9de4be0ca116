#include "query/text_join.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/try.h"

namespace squire::query {
namespace {

using Role = TextCondition::Role;

bool Has(const TextQuestion& question, Role role) {
  return std::ranges::find(question.conditions, role, &TextCondition::role) != question.conditions.end();
}

/// What must not be held, as what is looked for.
TextQuestion OfWhatIsNotWanted(const TextQuestion& question) {
  TextQuestion out{question.options, {}, 0};
  for (const TextCondition& condition : question.conditions) {
    if (condition.role != Role::kMustNot) continue;
    out.conditions.push_back(condition);
    out.conditions.back().role = Role::kShould;
  }
  return out;
}

/// Hits by row.
class Rows {
 public:
  Rows() = default;
  explicit Rows(std::vector<Hit> hits) : hits_(std::move(hits)) { std::ranges::sort(hits_, {}, &Hit::row_address); }

  /// Adds the scores of other rows, and the rows themselves if they may be new.
  void Add(const Rows& other, bool with_new) {
    std::vector<Hit> sum;
    auto at = hits_.begin();
    for (const Hit& hit : other.hits_) {
      while (at != hits_.end() && at->row_address < hit.row_address) sum.push_back(*at++);
      if (at != hits_.end() && at->row_address == hit.row_address)
        sum.push_back({hit.row_address, at++->score + hit.score});
      else if (with_new)
        sum.push_back(hit);
    }
    sum.insert(sum.end(), at, hits_.end());
    hits_ = std::move(sum);
  }

  /// Drops the rows that are, or are not, among others.
  void KeepIf(const Rows& other, bool is_among) {
    std::erase_if(hits_, [&](const Hit& hit) {
      return std::ranges::binary_search(other.hits_, hit.row_address, {}, &Hit::row_address) != is_among;
    });
  }

  /// Best first, equal scores by row.
  [[nodiscard]] std::vector<Hit> Best(size_t limit) && {
    const auto end = hits_.begin() + static_cast<std::ptrdiff_t>(std::min(limit, hits_.size()));
    std::ranges::partial_sort(hits_, end, [](const Hit& a, const Hit& b) {
      return a.score != b.score ? a.score > b.score : a.row_address < b.row_address;
    });
    hits_.erase(end, hits_.end());
    return std::move(hits_);
  }

 private:
  std::vector<Hit> hits_;
};

}  // namespace

bool IsOwnColumn(const TextSearchOptions& options, const std::string& column) {
  return column.empty() || column == options.text_column || column == options.name_column ||
         column == options.path_column;
}

std::vector<TextQuestion> SplitByColumn(TextQuestion question) {
  const TextSearchOptions& options = question.options;
  std::vector<TextQuestion> out(1);
  out[0].options = options;
  for (size_t i = 0; i < question.conditions.size(); i++) {
    TextCondition& condition = question.conditions[i];
    if (IsOwnColumn(options, condition.column)) {
      out[0].typed += i < question.typed ? 1 : 0;
      out[0].conditions.push_back(std::move(condition));
      continue;
    }
    auto of_column = std::ranges::find_if(out.begin() + 1, out.end(), [&](const TextQuestion& one) {
      return one.options.text_column == condition.column;
    });
    if (of_column == out.end()) {
      of_column = out.insert(out.end(), {options, {}, 0});
      of_column->options.text_column = condition.column;
      of_column->options.name_column = of_column->options.path_column = "";
    }
    of_column->conditions.push_back(std::move(condition));
  }
  if (out.size() > 1 && out[0].conditions.empty()) out.erase(out.begin());
  return out;
}

Result<std::vector<Hit>> JoinAnswers(std::vector<TextQuestion> questions,
                                     const std::function<Result<std::vector<Hit>>(const TextQuestion&)>& search) {
  const size_t limit = questions[0].options.limit;
  std::optional<Rows> required;
  Rows others, excluded;
  for (TextQuestion& question : questions) {
    question.options.limit = std::numeric_limits<size_t>::max();
    const bool is_required = Has(question, Role::kMust);
    if (is_required || Has(question, Role::kShould)) {
      auto hits = TRY(search(question));
      const Rows rows(std::move(hits));
      if (!is_required) {
        others.Add(rows, true);
      } else if (required) {
        required->KeepIf(rows, true);
        required->Add(rows, false);
      } else {
        required = rows;
      }
    }
    if (!is_required && Has(question, Role::kMustNot)) {
      auto hits = TRY(search(OfWhatIsNotWanted(question)));
      excluded.Add(Rows(std::move(hits)), true);
    }
  }
  const bool has_required = required.has_value();
  Rows found = has_required ? *std::move(required) : std::move(others);
  if (has_required) found.Add(others, false);
  found.KeepIf(excluded, false);
  return std::move(found).Best(limit);
}

}  // namespace squire::query
