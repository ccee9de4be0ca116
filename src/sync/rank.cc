#include "sync/rank.h"

#include <algorithm>
#include <map>
#include <set>

#include "sync/question.h"

namespace squire::sync {
namespace {

// Chosen on docstrings as questions about packages in Python and Rust: docs/search.md.
constexpr double kRankConstant = 10;
constexpr double kUnit = 1 / (kRankConstant + 1);  // what the first of a ranking gets
constexpr double kNameAdds = 0.5 * kUnit;          // times the share of the name's words that the question says
constexpr double kNamedAdds = 2 * kUnit;           // the question is the name
constexpr double kDefinitionAdds = 0.3 * kUnit;
constexpr double kTestAdds = -0.5 * kUnit;

constexpr std::string_view kDefinitions[] = {"class",  "enum",   "function", "impl", "interface",
                                             "method", "struct", "trait",    "type"};
constexpr std::string_view kTestFolders[] = {"bench",    "benches", "benchmark", "benchmarks", "example", "examples",
                                             "fixtures", "spec",    "specs",     "test",       "testing", "tests"};

bool IsTest(std::string_view path) {
  while (true) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (slash == std::string_view::npos) {
      return part.starts_with("test_") || part.ends_with("Test.java") ||
             part.find("_test.") != std::string_view::npos || part.find(".test.") != std::string_view::npos ||
             part.find(".spec.") != std::string_view::npos;
    }
    if (std::ranges::binary_search(kTestFolders, part)) return true;
    path.remove_prefix(slash + 1);
  }
}

/// Calls `each` with the last component of each of a chunk's names: "Outer.method, Outer.other" -> method, other.
template <class Each>
void ForEachName(std::string_view names, Each each) {
  while (!names.empty()) {
    const size_t comma = names.find(", ");
    const std::string_view name = names.substr(0, comma);
    const size_t last = name.find_last_of(".:#>");
    each(name.substr(last == std::string_view::npos ? 0 : last + 1));
    names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 2);
  }
}

class Question {
 public:
  explicit Question(std::string_view text) {
    for (std::string& word : PlainWords(text)) {
      asks_for_tests_ |=
          word == "test" || word == "spec" || word == "benchmark" || word == "example" || word == "fixture";
      if (!IsStopWord(word)) words_.insert(std::move(word));
    }
    const auto parts = PartWords(text);
    const bool is_identifier = text.find_first_of(" \t\n") == std::string_view::npos;
    if (is_identifier) identifier_ = parts;
  }

  [[nodiscard]] bool asks_for_tests() const { return asks_for_tests_; }

  /// What a chunk's names add.
  [[nodiscard]] double NameAdds(std::string_view names) const {
    double best = 0;
    ForEachName(names, [&](std::string_view name) {
      const std::vector<std::string> parts = PartWords(name);
      if (parts.empty()) return;
      const auto said = std::ranges::count_if(parts, [&](const std::string& part) { return words_.contains(part); });
      best = std::max(best, kNameAdds * static_cast<double>(said) / static_cast<double>(parts.size()));
      if (!identifier_.empty() && parts == identifier_) best = kNamedAdds;
    });
    return best;
  }

 private:
  std::set<std::string, std::less<>> words_;
  std::vector<std::string> identifier_;  // of a question that is one
  bool asks_for_tests_ = false;
};

void Add(Ranked& ranked, const char* signal, const RankIn& in, double adds) {
  if (adds == 0) return;
  ranked.score += adds;
  ranked.parts.push_back({signal, in.rank, in.value, adds});
}

double ReciprocalRank(const RankIn& in, double weight) {
  return in.rank == 0 ? 0 : weight / (kRankConstant + static_cast<double>(in.rank));
}

}  // namespace

std::vector<Ranked> Fuse(std::string_view question, std::span<const Candidate> candidates, double word_weight,
                         double vector_weight) {
  const Question asked(question);
  std::vector<Ranked> out;
  out.reserve(candidates.size());
  for (size_t i = 0; i < candidates.size(); i++) {
    const Candidate& candidate = candidates[i];
    Ranked ranked{i, 0, {}};
    Add(ranked, "words", candidate.words, ReciprocalRank(candidate.words, word_weight));
    Add(ranked, "vector", candidate.vector, ReciprocalRank(candidate.vector, vector_weight));
    Add(ranked, "name", {}, asked.NameAdds(candidate.name));
    if (std::ranges::binary_search(kDefinitions, candidate.kind)) Add(ranked, "definition", {}, kDefinitionAdds);
    if (!asked.asks_for_tests() && IsTest(candidate.path)) Add(ranked, "test", {}, kTestAdds);
    out.push_back(std::move(ranked));
  }
  std::ranges::sort(out, [&](const Ranked& a, const Ranked& b) {
    if (a.score != b.score) return a.score > b.score;
    return candidates[a.candidate].row < candidates[b.candidate].row;
  });
  return out;
}

std::vector<Ranked> GroupByFile(std::span<const Ranked> ranked, std::span<const Candidate> candidates, size_t files_max,
                                size_t per_file) {
  std::vector<std::vector<Ranked>> files;
  std::map<std::string_view, size_t> places;
  for (const Ranked& hit : ranked) {
    const auto [place, is_new] = places.try_emplace(candidates[hit.candidate].path, files.size());
    if (is_new) files.emplace_back();
    if (place->second < files_max && files[place->second].size() < per_file) files[place->second].push_back(hit);
  }
  std::vector<Ranked> out;
  for (std::vector<Ranked>& file : files) std::ranges::move(file, std::back_inserter(out));
  return out;
}

}  // namespace squire::sync
