#pragma once

/// TextPlan: how the words of some columns of one version are searched: through which index, which rows are besides it
/// in memory, and which have to be read each time. Made once a version and kept with the table's files; immutable, any
/// thread may use it.

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "index/text/analyzer.h"
#include "index/text/known_words.h"
#include "index/text/searched_part.h"
#include "index/text/text_index.h"
#include "index/vector/row_mask.h"
#include "table/scan.h"

namespace squire::query {

class TextPlan {
 public:
  /// The plan for the columns of `field_ids`, the first of which gives the measure of boosts: through an index of just
  /// these columns. One that cannot be read is passed over, and told of in the log. ERRORS: Corruption, Io.
  static Result<std::shared_ptr<const TextPlan>> For(const table::Snapshot& snapshot,
                                                     std::span<const int32_t> field_ids);

  [[nodiscard]] bool has_index() const { return analyzer_ != nullptr; }
  /// REQUIRES, as all below: has_index().
  [[nodiscard]] const text::Analyzer& analyzer() const { return *analyzer_; }
  [[nodiscard]] const text::TextIndexParameters& parameters() const { return parameters_; }
  /// The options of a search for the boosts of this index.
  [[nodiscard]] text::Bm25Options Scale(text::Bm25Options options) const;

  [[nodiscard]] const std::vector<std::shared_ptr<const text::SearchedPart>>& parts() const { return parts_; }
  /// Whether every document of the parts may be an answer.
  [[nodiscard]] bool is_all_live() const { return is_all_live_; }
  /// Whether the document of part `part` at `row` may be.
  [[nodiscard]] bool IsLive(size_t part, uint64_t row) const { return live_[part]->Contains(row); }
  /// Fragments, by index in the snapshot, whose rows each search has to read.
  [[nodiscard]] const std::vector<size_t>& uncovered() const { return uncovered_; }
  /// Of just parts().
  [[nodiscard]] text::KnownWords& known_words() const { return *known_words_; }
  /// For parts of the rows that a search reads.
  [[nodiscard]] const std::shared_ptr<text::ListCache>& cache() const { return cache_; }

 private:
  using PartPtr = std::shared_ptr<const text::SearchedPart>;
  struct Opened {
    std::shared_ptr<const text::TextIndex> index;
    std::vector<PartPtr> parts;
  };
  /// Rows in memory, of whole fragments.
  struct Fresh {
    struct Source {
      std::string files;  // of the fragment
      int64_t rows = 0;   // that were live: later ones have no more, unless an older version is looked at
    };
    std::map<uint64_t, Source> fragments;  // by id
    PartPtr part;
  };

  TextPlan() = default;
  Result<void> OpenIndexes(const table::Snapshot& snapshot, std::span<const int32_t> field_ids,
                           const TextPlan* previous);
  Result<void> AddIndex(const table::Snapshot& snapshot, const Opened& opened, const std::set<uint64_t>& ids,
                        std::set<uint64_t>& seen);
  Result<void> AddFresh(const table::Snapshot& snapshot, const TextPlan* previous);
  Result<PartPtr> ReadFresh(const table::Snapshot& snapshot, std::span<const size_t> fragments) const;
  Result<void> AddPart(const table::Snapshot& snapshot, const Fresh& fresh);
  void Keep(Fresh fresh, std::set<uint64_t>& held);

  uint64_t version_ = 0;
  bool is_whole_ = true;  // no index was passed over because of a failure
  std::shared_ptr<const text::Analyzer> analyzer_;
  text::TextIndexParameters parameters_;
  double scale_ = 1;
  std::shared_ptr<text::ListCache> cache_;
  std::map<std::string, Opened> opened_;  // by uuid
  std::vector<Fresh> fresh_;
  std::vector<PartPtr> parts_;
  const std::unique_ptr<text::KnownWords> known_words_ = std::make_unique<text::KnownWords>();
  std::vector<std::shared_ptr<const vector::RowMask>> live_;  // of each part
  bool is_all_live_ = true;
  std::vector<size_t> uncovered_;
};

/// Adds a row's words to the document at hand: its columns one behind the other. REQUIRES: a column of the batch for
/// each of the parameters.
template <class Add>
void ForEachWordOf(const text::Analyzer& analyzer, const text::TextIndexParameters& parameters, const Batch& rows,
                   int64_t row, Add add) {
  constexpr uint32_t kColumnGap = 64;  // so that no phrase goes from one column to the next
  uint32_t base = 0;
  for (size_t column = 0; column < parameters.columns.size(); column++) {
    const Array& texts = rows.columns[column];
    if (!texts.IsValid(row)) continue;
    uint32_t last = base;
    const uint32_t boost = parameters.columns[column].boost;
    analyzer.ForEach(texts.Text(row),
                     [&](std::string_view word, uint32_t position) { add(word, last = base + position, boost); });
    base = (last / kColumnGap + 2) * kColumnGap;
  }
}

/// The columns of an index, in its order. ERRORS: NotFound for one that is not there, or is not of text.
Result<table::Projection> ProjectTexts(const table::Snapshot& snapshot, const text::TextIndexParameters& parameters);

}  // namespace squire::query
