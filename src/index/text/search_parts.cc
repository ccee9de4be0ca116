#include "index/text/search_parts.h"

#include <algorithm>
#include <map>

#include "base/try.h"
#include "index/text/list_reader.h"
#include "index/text/top_documents.h"

namespace squire::text {
namespace {

using ListPtr = ListCache::ListPtr;

/// What a word of the query comes to in one part.
struct WordLists {
  ListPtr all;    ///< the documents that hold a word it stands for
  ListPtr exact;  ///< of kLike: those that hold it as it is written
};

/// One list of all documents of several.
Result<ListPtr> Unite(const std::vector<ListPtr>& lists, const SearchedPart& part, double mean) {
  std::vector<uint32_t> sums(part.part().num_documents());
  for (const ListPtr& list : lists) {
    list->ForEachDocument([&](uint32_t document, uint32_t frequency) {
      sums[document] += std::min(frequency, UINT32_MAX - sums[document]);
    });
  }
  WordPostings united;
  std::vector<uint32_t> documents, frequencies;
  const auto flush = [&] {
    EncodeBlock(documents, frequencies, 0, united.blocks);
    united.block_ends.push_back(static_cast<uint32_t>(united.blocks.size()));
    united.count += static_cast<uint32_t>(documents.size());
    documents.clear();
    frequencies.clear();
  };
  for (uint32_t document = 0; document < sums.size(); document++) {
    if (sums[document] == 0) continue;
    documents.push_back(document);
    frequencies.push_back(sums[document]);
    if (documents.size() == kBlockDocuments) flush();
  }
  if (!documents.empty()) flush();
  return PostingList::Parse(std::move(united), DocumentNorms(part.lengths(), mean));
}

class Searcher {
 public:
  explicit Searcher(const PartsSearch& search) : search_(search), query_(*search.query), top_(search.limit) {}

  Result<std::vector<TextHit>> Run() {
    for (const auto& part : search_.parts) {
      documents_ += part->part().num_documents();
      words_ += part->part().total_words();
    }
    std::vector<TextHit> hits;
    if (documents_ == 0 || search_.limit == 0 || query_.finds_nothing) return hits;
    ReadClauses();
    if (std::ranges::none_of(most_, [](double weight) { return weight > 0; })) return hits;
    mean_ = static_cast<double>(words_) / static_cast<double>(documents_);
    TRY(FindLists());
    for (size_t i = 0; i < search_.parts.size(); i++) TRY(SearchOne(i));
    const auto best = top_.Take();
    hits.reserve(best.size());
    for (const FoundDocument& found : best) hits.push_back({found.row, static_cast<double>(found.score)});
    return hits;
  }

 private:
  /// Which words are required and excluded, and which clauses are looked at document by document.
  void ReadClauses() {
    most_ = query_.weights;
    is_required_.resize(query_.words.size());
    is_excluded_.resize(query_.words.size());
    with_positions_.resize(query_.words.size());
    for (const TextClause& clause : query_.clauses) {
      const bool is_one = clause.words.size() == 1;
      const bool holds_all = clause.kind != TextClause::Kind::kAnyOf;
      for (const TextClause::Gain& gain : clause.gains) most_[gain.word] += gain.weight;
      if (!clause.excluded && !clause.optional && holds_all)
        for (const uint16_t word : clause.words) is_required_[word] = true;
      if (clause.excluded && is_one && clause.column.empty()) is_excluded_[clause.words[0]] = true;
      if (is_one && clause.column.empty()) continue;
      (clause.optional ? optional_ : checked_).push_back(&clause);
      if (clause.kind == TextClause::Kind::kPhrase && clause.column.empty())
        for (const uint16_t word : clause.words) with_positions_[word] = true;
    }
  }

  Result<void> FindLists() {
    lists_.assign(search_.parts.size(), std::vector<WordLists>(query_.words.size()));
    df_.assign(query_.words.size(), 0);
    exact_df_.assign(query_.words.size(), 0);
    for (size_t word = 0; word < query_.words.size(); word++) {
      if (query_.patterns[word].kind == WordPattern::Kind::kItself) {
        const auto lists = TRY(ListsOf(query_.words[word], with_positions_[word] != 0));
        for (size_t i = 0; i < search_.parts.size(); i++) lists_[i][word].all = lists->of_parts[i];
        df_[word] = lists->documents;
      } else {
        TRY(FindPattern(word));
      }
    }
    return {};
  }

  Result<std::shared_ptr<const KnownWords::Lists>> ListsOf(const std::string& word, bool with_positions) {
    auto known = search_.known == nullptr ? nullptr : search_.known->Find(word, with_positions);
    if (known != nullptr) return known;
    auto out = std::make_shared<KnownWords::Lists>();
    out->of_parts.resize(search_.parts.size());
    out->with_positions = with_positions;
    for (size_t i = 0; i < search_.parts.size(); i++) {
      const SearchedPart& part = *search_.parts[i];
      const auto found = part.part().Find(word);
      if (!found) continue;
      out->of_parts[i] = TRY(part.List(*found, mean_, with_positions));
      out->documents += out->of_parts[i]->count();
    }
    if (search_.known != nullptr) search_.known->Keep(word, out);
    return out;
  }

  Result<void> FindPattern(size_t word) {
    const WordPattern& pattern = query_.patterns[word];
    std::vector<std::vector<PatternWord>> found;
    std::map<std::string_view, std::pair<uint32_t, uint64_t>> words;  // edits and documents
    for (const auto& part : search_.parts) {
      found.push_back(FindWords(pattern, query_.words[word], part->part()));
      for (const PatternWord& one : found.back()) {
        auto& entry = words[part->part().word(one.word)];
        entry.first = one.edits;
        entry.second += part->part().count(one.word);
      }
    }
    if (words.size() > pattern.words_max) KeepBest(words, pattern.words_max);
    for (size_t i = 0; i < found.size(); i++) {
      const SearchedPart& part = *search_.parts[i];
      std::vector<ListPtr> lists;
      WordLists& out = lists_[i][word];
      for (const PatternWord& one : found[i]) {
        const std::string_view text = part.part().word(one.word);
        if (!words.contains(text)) continue;
        lists.push_back(TRY(part.List(one.word, mean_, false)));
        if (pattern.kind == WordPattern::Kind::kLike && text == query_.words[word]) out.exact = lists.back();
      }
      if (lists.empty()) continue;
      if (lists.size() == 1) {
        out.all = lists[0];
      } else {
        out.all = TRY(Unite(lists, part, mean_));
      }
      df_[word] += out.all->count();
      if (out.exact != nullptr) exact_df_[word] += out.exact->count();
    }
    return {};
  }

  /// The likest ones, of these the commonest.
  static void KeepBest(std::map<std::string_view, std::pair<uint32_t, uint64_t>>& words, size_t max) {
    using Entry = std::pair<std::string_view, std::pair<uint32_t, uint64_t>>;
    std::vector<Entry> order(words.begin(), words.end());
    std::ranges::sort(order, [](const Entry& a, const Entry& b) {
      if (a.second.first != b.second.first) return a.second.first < b.second.first;
      if (a.second.second != b.second.second) return a.second.second > b.second.second;
      return a.first < b.first;
    });
    for (size_t i = max; i < order.size(); i++) words.erase(order[i].first);
  }

  [[nodiscard]] float WeightOf(double weight, uint64_t with) const {
    return static_cast<float>(weight * InverseDocumentFrequency(documents_, with) * (search_.options.k1 + 1));
  }

  Result<void> SearchOne(size_t index) {
    const SearchedPart& part = *search_.parts[index];
    std::vector<QueryTerm> terms;
    terms.reserve(query_.words.size());
    bool has_scores = false;
    for (size_t word = 0; word < query_.words.size(); word++) {
      const WordLists& lists = lists_[index][word];
      if (lists.all == nullptr && is_required_[word]) return {};
      if (lists.all == nullptr) continue;
      if (most_[word] > 0) {
        terms.push_back({lists.all.get(), WeightOf(most_[word], df_[word]), is_required_[word] != 0, false});
        has_scores = true;
      }
      if (lists.exact != nullptr && most_[word] > 0)
        terms.push_back({lists.exact.get(), WeightOf(most_[word], exact_df_[word]), false, false});
      if (is_excluded_[word]) terms.push_back({lists.all.get(), 0, false, true});
    }
    if (!has_scores) return {};
    Bm25Options measured = search_.options;
    measured.k1 *= search_.measure;
    const DocumentNorms norms(part.lengths(), mean_, measured);
    PartSearch search{static_cast<uint32_t>(index), &norms, part.part().rows(), terms, {}};
    Result<void> outcome;
    std::vector<ListReader> readers;
    if (!checked_.empty() || !optional_.empty()) readers = MakeReaders(index);
    if (search_.is_wanted || !checked_.empty()) {
      search.is_wanted = [&](uint32_t document) {
        if (!outcome) return false;
        const uint64_t row = part.part().rows()[document];
        if (search_.is_wanted && !search_.is_wanted(index, row)) return false;
        if (checked_.empty()) return true;
        const auto holds = MeetsClauses(part, index, readers, document);
        if (!holds) outcome = holds.error();
        return holds && *holds;
      };
    }
    if (!optional_.empty()) {
      search.score = [&](uint32_t document, float most) -> float {
        const auto score = outcome ? ScoreOf(part, index, readers, norms, document, most) : 0;
        if (!score) outcome = score.error();
        return score ? *score : 0;
      };
    }
    SearchPart(search, room_, top_);
    return outcome;
  }

  /// What a document scores by what it holds, where `most` is with all optional clauses.
  Result<float> ScoreOf(const SearchedPart& part, size_t index, std::vector<ListReader>& readers,
                        const DocumentNorms& norms, uint32_t document, float most) {
    held_ = query_.weights;
    bool holds_all = true;
    for (const TextClause* clause : optional_) {
      if (!TRY(Holds(*clause, part, index, readers, document))) {
        holds_all = false;
        continue;
      }
      for (const TextClause::Gain& gain : clause->gains) held_[gain.word] += gain.weight;
    }
    if (holds_all) return most;
    float score = 0;
    const auto add = [&](size_t word, uint64_t df, ListReader& reader) {
      if (reader.Find(document)) score += WeightOf(held_[word], df) * norms.Share(document, reader.frequency());
    };
    for (size_t word = 0; word < held_.size(); word++) {
      const WordLists& lists = lists_[index][word];
      if (held_[word] <= 0 || lists.all == nullptr) continue;
      add(word, df_[word], readers[word]);
      if (lists.exact == nullptr) continue;
      ListReader exact(*lists.exact);
      add(word, exact_df_[word], exact);
    }
    return score;
  }

  /// One for each word of the query; those of words that no document holds are never asked.
  std::vector<ListReader> MakeReaders(size_t index) const {
    std::vector<ListReader> readers;
    const ListPtr* any = nullptr;
    for (const WordLists& lists : lists_[index])
      if (lists.all != nullptr) any = &lists.all;
    for (const WordLists& lists : lists_[index]) readers.emplace_back(lists.all != nullptr ? *lists.all : **any);
    return readers;
  }

  Result<bool> MeetsClauses(const SearchedPart& part, size_t index, std::vector<ListReader>& readers,
                            uint32_t document) {
    for (const TextClause* clause : checked_) {
      const bool holds = TRY(Holds(*clause, part, index, readers, document));
      if (holds == clause->excluded) return false;
    }
    return true;
  }

  Result<bool> Holds(const TextClause& clause, const SearchedPart& part, size_t index, std::vector<ListReader>& readers,
                     uint32_t document) {
    size_t held = 0;
    for (const uint16_t word : clause.words)
      held += lists_[index][word].all != nullptr && readers[word].Find(document) ? 1 : 0;
    if (clause.kind == TextClause::Kind::kAnyOf ? held == 0 : held < clause.words.size()) return false;
    const bool is_phrase = clause.kind == TextClause::Kind::kPhrase && clause.words.size() > 1;
    if (clause.column.empty() && !is_phrase) return true;
    if (!clause.column.empty() || !part.part().has_positions()) {
      if (!search_.holds) return Unsupported("an index does not tell where its words stand");
      return search_.holds(part.part().rows()[document], clause);
    }
    phrase_readers_.clear();
    for (const uint16_t word : clause.words) phrase_readers_.push_back(&readers[word]);
    return HoldsPhrase(phrase_readers_, clause.offsets);
  }

  const PartsSearch& search_;
  const TextQuery& query_;
  TopDocuments top_;
  SearchRoom room_;
  uint64_t documents_ = 0, words_ = 0;
  double mean_ = 0;

  std::vector<char> is_required_, is_excluded_, with_positions_;  // by word
  std::vector<const TextClause*> checked_, optional_;
  std::vector<double> most_;                   // of each word: its weight with what optional clauses gain
  std::vector<double> held_;                   // with what those that the document at hand holds gain
  std::vector<std::vector<WordLists>> lists_;  // by part and word
  std::vector<uint64_t> df_, exact_df_;        // by word
  std::vector<const ListReader*> phrase_readers_;
};

}  // namespace

Result<std::vector<TextHit>> SearchParts(const PartsSearch& search) { return Searcher(search).Run(); }

}  // namespace squire::text
