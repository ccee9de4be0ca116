#pragma once

/// The best documents of one part of an index for a query of several words. Windows of documents are searched in the
/// order of what they may score at most, and within a window the words in the order of what they add at most, so that
/// the common ones are only looked up for documents that may still get in.
/// Source: Mackenzie, Petri and Moffat, "Anytime Ranking on Document-Ordered Indexes", 2022; Turtle and Flood, "Query
/// Evaluation: Strategies and Optimizations", 1995 (MaxScore).

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/text/posting_list.h"

namespace squire::text {

struct QueryTerm {
  const PostingList* postings = nullptr;  ///< null: no document here holds the word
  float weight = 0;                       ///< idf * (k1 + 1), times how often it was asked for
  bool is_required = false;
  bool is_excluded = false;
};

struct FoundDocument {
  uint32_t part = 0;  ///< of the index
  uint32_t document = 0;
  float score = 0;
  uint64_t row = 0;
};

/// The best `k` documents offered, equal scores by row.
class TopDocuments {
 public:
  explicit TopDocuments(size_t k) : k_(k) { heap_.reserve(std::min<size_t>(k, 64)); }

  /// Below this nothing gets in; at it, by row.
  [[nodiscard]] float threshold() const { return heap_.size() < k_ ? 0 : heap_.front().score; }
  [[nodiscard]] bool Takes(const FoundDocument& found) const {
    return heap_.size() < k_ || (k_ > 0 && IsBetter(found, heap_.front()));
  }
  void Offer(const FoundDocument& found);
  /// Best first.
  [[nodiscard]] std::vector<FoundDocument> Take();

 private:
  static bool IsBetter(const FoundDocument& a, const FoundDocument& b);

  size_t k_;
  std::vector<FoundDocument> heap_;  // the worst in front
};

struct PartSearch {
  uint32_t part = 0;
  const DocumentNorms* norms = nullptr;
  std::span<const uint64_t> rows;  ///< of the part's documents
  std::span<const QueryTerm> terms;
  /// Whether a document that would get in counts: it is live, passes the filter, holds the phrases. May be empty.
  std::function<bool(uint32_t document)> is_wanted;
  /// What a document scores that would get in with `most`: that or less, 0 for one that is no answer. May be empty.
  std::function<float(uint32_t document, float most)> score;
};

/// What searching a part needs room for: the next part takes the same.
struct SearchRoom {
  std::vector<float> sums;
  std::vector<uint16_t> marks;  // of documents: those with last_mark are marked
  uint16_t last_mark = 0;
  std::vector<uint64_t> masks;
  std::vector<uint16_t> candidates;
};

/// Offers the documents of a part that hold at least one word that is not excluded, all that are required and none that
/// is excluded. REQUIRES: at least one term that is not excluded.
void SearchPart(const PartSearch& search, SearchRoom& room, TopDocuments& top);

}  // namespace squire::text
