#include "upkeep/check_text_index.h"

#include <xxhash.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "index/text/analyzer.h"
#include "index/text/posting_list.h"
#include "index/text/text_index.h"
#include "table/file_names.h"
#include "table/scan.h"
#include "upkeep/check_fragment.h"

namespace squire::upkeep {
namespace {

constexpr size_t kWordsAtOnce = 1024;

/// An order-independent sum over words of rows tells whether two sets of them are equal.
uint64_t HashOf(uint64_t row, uint64_t word_hash, uint64_t frequency) {
  const uint64_t all[] = {row, word_hash, frequency};
  return XXH3_64bits(all, sizeof(all));
}
uint64_t HashOf(std::string_view word) { return XXH3_64bits(word.data(), word.size()); }

class Checker {
 public:
  Checker(const table::Snapshot& snapshot, const pb::IndexMetadata& entry)
      : snapshot_(snapshot), entry_(entry), folder_(snapshot.paths().Index(table::UuidText(entry.uuid()))) {}

  Result<int64_t> Run(bool deep) {
    const auto index = TRY(text::TextIndex::Open(snapshot_, entry_));
    const bool is_ours = table::WriterOf("_indices", table::UuidText(entry_.uuid())).has_value();
    if (is_ours) analyzer_ = TRY(text::Analyzer::FromJson(index->parameters().analyzer));
    for (const uint64_t id : TRY(text::CoveredByTextIndex(snapshot_, entry_))) {
      table::Fragment* fragment = snapshot_.FindFragment(id);
      if (fragment == nullptr) continue;
      const auto deleted = fragment->Deleted();
      if (!deleted && IsDamage(deleted.error())) return 0;  // the fragment's damage is told of by itself
      live_[id] = TRY(deleted);
    }
    for (const auto& part : index->parts()) {
      TRY(CheckDocuments(*part));
      if (deep) TRY(CheckWords(*part));
    }
    const bool has_addresses = (snapshot_.manifest().reader_feature_flags() & lance::kFlagStableRowIds) == 0;
    if (deep && is_ours && has_addresses) TRY(CompareWithColumns(index->parameters()));
    return bytes_;
  }

 private:
  [[nodiscard]] bool IsLive(uint64_t row) const {
    const auto fragment = live_.find(row >> 32);
    return fragment != live_.end() && !fragment->second->Contains(row & 0xffffffff);
  }

  Result<void> CheckDocuments(const text::TextPart& part) {
    std::vector<uint64_t> rows(part.rows().begin(), part.rows().end());
    std::ranges::sort(rows);
    if (std::ranges::adjacent_find(rows) != rows.end()) return Corruption("it has a row twice", folder_);
    for (const uint64_t row : rows) {
      const auto fragment = live_.find(row >> 32);
      if (fragment != live_.end() && (row & 0xffffffff) >= fragment->second->num_rows())
        return Corruption("it names row " + std::to_string(row & 0xffffffff) + " of fragment " +
                              std::to_string(row >> 32) + ", which has " + std::to_string(fragment->second->num_rows()),
                          folder_);
      if (IsLive(row) && !seen_.insert(row).second) return Corruption("it has a row in two parts", folder_);
    }
    bytes_ += static_cast<int64_t>(part.memory_bytes());
    return {};
  }

  Result<void> CheckWords(const text::TextPart& part) {
    const auto documents = static_cast<double>(std::max<uint32_t>(1, part.num_documents()));
    const text::DocumentNorms norms(part.lengths(), static_cast<double>(part.total_words()) / documents);
    std::vector<uint64_t> lengths(part.num_documents());
    for (size_t first = 0; first < part.num_words(); first += kWordsAtOnce) {
      const size_t count = std::min(kWordsAtOnce, part.num_words() - first);
      auto read = TRY(part.ReadPostings(first, count));
      for (size_t i = 0; i < count; i++) TRY(CheckWord(part, norms, first + i, read[i], lengths));
    }
    for (uint32_t i = 0; i < part.num_documents(); i++)
      if (lengths[i] != part.lengths()[i])
        return Corruption(
            "a document of " + std::to_string(part.lengths()[i]) + " words has " + std::to_string(lengths[i]), folder_);
    return {};
  }

  Result<void> CheckWord(const text::TextPart& part, const text::DocumentNorms& norms, size_t word,
                         const text::WordPostings& postings, std::vector<uint64_t>& lengths) {
    bytes_ += static_cast<int64_t>(postings.blocks.size() + postings.positions.size());
    const uint64_t hash = HashOf(part.word(word));
    // Which list of stop words an entry is by may have changed while it was merged.
    const bool counts = analyzer_ != nullptr && !analyzer_->IsDisputed(part.word(word));
    if (part.has_positions() && postings.position_ends.empty())
      return Corruption("nothing says where the word '" + std::string(part.word(word)) + "' stands", folder_);
    const auto list = TRY(text::PostingList::Parse(postings, norms));
    list->ForEachDocument([&](uint32_t document, uint32_t frequency) {
      lengths[document] += frequency;
      const uint64_t row = part.rows()[document];
      if (counts && IsLive(row)) sum_ += HashOf(row, hash, frequency);
    });
    return {};
  }

  Result<void> CompareWithColumns(const text::TextIndexParameters& parameters) {
    table::Projection columns;
    for (const text::TextIndexParameters::Column& column : parameters.columns) {
      const Field* field = snapshot_.FindField(column.field_id);
      if (field == nullptr) return Corruption("it is of a column that is not there", folder_);
      columns.schema.fields.push_back(*field);
      columns.field_ids.push_back(column.field_id);
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < snapshot_.num_fragments(); i++) {
      if (!live_.contains(snapshot_.fragment(i).id())) continue;
      const auto read = ReadInBatches(snapshot_.fragment(i).physical_rows(), [&](int64_t first, int64_t count) {
        return SumOf(columns, {i, first, count}, parameters, sum);
      });
      if (!read && IsDamage(read.error())) return {};  // the column's damage is told of by itself
      bytes_ += TRY(read);
    }
    if (sum != sum_) return Corruption("its words are not those of the column", folder_);
    return {};
  }

  Result<int64_t> SumOf(const table::Projection& columns, const table::RowRange& range,
                        const text::TextIndexParameters& parameters, uint64_t& sum) {
    const table::RangeBatch rows = TRY(table::ReadRange(snapshot_, columns, range));
    int64_t bytes = 0;
    for (const Array& column : rows.batch.columns) bytes += column.byte_size();
    std::unordered_map<std::string, uint64_t> frequencies;
    for (int64_t row = 0; row < rows.batch.num_rows; row++) {
      frequencies.clear();
      for (size_t i = 0; i < parameters.columns.size(); i++) {
        const Array& column = rows.batch.columns[i];
        if (!column.IsValid(row)) continue;
        analyzer_->ForEach(column.Text(row), [&](std::string_view word, uint32_t) {
          if (!analyzer_->IsDisputed(word)) frequencies[std::string(word)] += parameters.columns[i].boost;
        });
      }
      for (const auto& [word, frequency] : frequencies)
        sum += HashOf(rows.addresses[static_cast<size_t>(row)], HashOf(word), frequency);
    }
    return bytes;
  }

  const table::Snapshot& snapshot_;
  const pb::IndexMetadata& entry_;
  const std::string folder_;
  std::map<uint64_t, const lance::RowSet*> live_;   // deleted rows of the fragments that are covered
  std::shared_ptr<const text::Analyzer> analyzer_;  // of an entry that Squire wrote
  std::set<uint64_t> seen_;                         // live rows
  uint64_t sum_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace

Result<int64_t> CheckTextIndex(const table::Snapshot& snapshot, const pb::IndexMetadata& index, bool deep) {
  return Checker(snapshot, index).Run(deep);
}

}  // namespace squire::upkeep
